# frozen_string_literal: true

require "tmpdir"
require_relative "../support/lib_lamby"

RSpec.describe "The program in docs/c-api.md", :slow, :capi do
  include_context "with a Runtime API"

  around do |example|
    Dir.mktmpdir do |folder|
      program = File.join(folder, "program.py")
      File.write(program, File.read(File.expand_path("../../docs/c-api.md", __dir__)).scan(/^```python\n(.*?)^```/m).join("\n"))
      @command = ["python3", program]
      example.run
    end
  end

  before do
    @log = Tempfile.new("log")
    @pid = Process.spawn({ "AWS_LAMBDA_RUNTIME_API" => @api.address, "LIBLAMBY" => LibLamby::FILE }, *@command, out: @log, err: @log)
  end

  after do |example|
    Process.kill("KILL", @pid)
    Process.wait(@pid)
    puts File.read(@log.path) if example.exception
  end

  def function_url(path, **fields)
    event = http_event(path: path, **fields)
    event["requestContext"]["domainName"] = "x.lambda-url.eu-central-1.on.aws"
    JSON.generate(event)
  end

  it "answers a request" do
    payload = JSON.parse(@api.invoke(function_url("/a", method: "POST", body: "b=1")).wait.body)
    expect(payload).to include("statusCode" => 200, "body" => "POST /a\nb=1", "cookies" => %w[a=1 b=2])
  end

  it "streams a response" do
    answer = @api.invoke(function_url("/stream")).wait
    expect(answer.headers["lambda-runtime-function-response-mode"]).to eq("streaming")
    expect(answer.body).to eq("{\"statusCode\":200,\"headers\":{\"content-type\":\"text/plain\"}}\0\0\0\0\0\0\0\0" "0\n1\n2\n")
  end

  it "reports an event that is not HTTP, with the place of the exception" do
    answer = @api.invoke('{"Records":[{"eventSource":"aws:sqs"}]}').wait
    expect([answer.kind, answer.headers["lambda-runtime-function-error-type"]]).to eq([:error, "Function.Failure"])
    report = JSON.parse(answer.body)
    expect(report["errorMessage"]).to include("an Amazon SQS batch")
    expect(report["stackTrace"].join).to include("in check")
  end
end
