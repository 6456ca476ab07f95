# frozen_string_literal: true

require "open3"
require "tempfile"

# `rake capi` builds the library. bin/test installs LuaJIT. LAMBY_SPEC_WITHOUT=luajit leaves these examples out.
RSpec.describe "The example in Lua", :slow, :capi, :luajit do
  include_context "with a Runtime API"

  before(:all) { Requirements.program?("luajit") }

  folder = File.expand_path("../../examples/lua", __dir__)
  library = File.expand_path("../../pkg/liblamby/lib/liblamby.#{RUBY_PLATFORM.include?("darwin") ? "dylib" : "so"}", __dir__)
  fixtures = ->(name) { Dir[File.expand_path("../fixtures/#{name}/*.json", __dir__)].map { |file| JSON.parse(File.read(file)) } }

  # A process with the methods that the Runtime API's context needs.
  process = Struct.new(:pid, :output) do
    def log = File.read(output.path, encoding: "UTF-8")

    def stop
      Process.kill("KILL", pid)
      Process.wait(pid)
    end
  end

  define_method(:start) do
    output = Tempfile.new("lua")
    environment = { "LIBLAMBY" => library, "AWS_LAMBDA_RUNTIME_API" => @api.address }
    pid = Process.spawn(environment, "luajit", "app.lua", chdir: folder, in: File::NULL, out: output, err: output)
    @process = process.new(pid, output)
  end

  # Returns the standard output and the standard error of a run without the Runtime API.
  define_method(:answer) do |events|
    environment = { "LIBLAMBY" => library, "AWS_LAMBDA_RUNTIME_API" => nil }
    Open3.capture3(environment, "luajit", "app.lua", chdir: folder, stdin_data: events.map { |it| "#{JSON.generate(it)}\n" }.join)
  end

  def invoke(path) = @api.invoke(JSON.generate(http_event(path: path)))

  def body(payload) = payload["isBase64Encoded"] ? payload["body"].unpack1("m0") : payload["body"].b

  it "answers each HTTP event from standard input with a payload" do
    requests = fixtures.call("requests")
    output, errors, status = answer(requests.map { |it| it["event"] })
    expect([errors, status.exitstatus]).to eq(["", 0])
    payloads = output.lines.map { |line| JSON.parse(line) }
    expect(payloads.size).to eq(requests.size)
    requests.zip(payloads) do |request, payload|
      method, path, address = request["env"].values_at("REQUEST_METHOD", "PATH_INFO", "REMOTE_ADDR")
      page = "#{method} #{path} from #{address}\n#{request.fetch("body_base64", "").unpack1("m0")[0, 1000]}"
      expect(payload["statusCode"]).to eq(200)
      expect(body(payload)).to eq(method == "HEAD" ? "" : page.b), request["description"]
    end
  end

  it "prints why it does not answer an event that is not HTTP" do
    others = fixtures.call("not_http")
    output, errors, status = answer(others.map { |it| it["event"] })
    expect([output, status.exitstatus]).to eq(["", 1])
    expect(errors).to include(*others.filter_map { |it| it["looks_like"] && "looks like #{it["looks_like"]}," })
  end

  it "answers invocations of the Runtime API" do
    start
    answers = %w[/a /b].map { |path| invoke(path).wait }
    expect(answers).to all(have_attributes(kind: :response))
    expect(answers.map { |it| JSON.parse(it.body)["body"] }).to match([start_with("GET /a from "), start_with("GET /b from ")])
  end

  it "reports an error of the application with its stack trace, and goes on" do
    start
    failed = invoke("/error").wait
    expect(failed).to have_attributes(kind: :error)
    expect(JSON.parse(failed.body)).to match("errorType" => "Function.LuaError", "errorMessage" => end_with("the path is /error"),
                                             "stackTrace" => include(match(/app\.lua:\d+: in function 'application'/)))
    expect(invoke("/").wait).to have_attributes(kind: :response)
  end

  it "reports an event that is not HTTP" do
    start
    expect(@api.invoke('{"Records": [{"eventSource": "aws:sqs"}]}').wait).to have_attributes(kind: :error, body: include("SQS"))
  end

  it "sends a response again after the connection has failed" do
    start
    @api.fault(%r{/response\z}, &:close)
    expect(invoke("/").wait).to have_attributes(kind: :response)
  end
end
