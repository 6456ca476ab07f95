# frozen_string_literal: true

require "open3"
require "tmpdir"
require_relative "../support/lib_lamby"

RSpec.describe "The example in C", :slow, :capi do
  include_context "with a Runtime API"

  before(:all) do
    @folder = Dir.mktmpdir
    @app = File.join(@folder, "app")
    source = File.expand_path("../../examples/c", __dir__)
    output, status = Open3.capture2e("make", "-C", source, "PREFIX=#{LibLamby::FOLDER}", "APP=#{@app}")
    raise output unless status.success?
  end

  after(:all) { FileUtils.rm_rf(@folder) }

  # The program under valgrind, which ends with the status 99 if it finds an error or a leak.
  let(:command) { [*%w[valgrind --quiet --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all --error-exitcode=99], @app] }

  # Starts the program with the Runtime API of the example, and yields. Then sends SIGTERM, and returns the program's exit
  # status and output.
  def run_with_api
    Tempfile.open do |log|
      pid = Process.spawn({ "AWS_LAMBDA_RUNTIME_API" => @api.address }, *command, out: log, err: log)
      yield
      Process.kill("TERM", pid)
      _, status = Process.wait2(pid)
      pid = nil
      [status.exitstatus, File.read(log.path)]
    ensure
      Process.kill("KILL", pid) if pid
    end
  end

  let(:event) { JSON.generate(http_event(method: "POST", path: "/orders", body: "size=2")) }

  it "answers each event of its standard input, without a memory error or a leak" do
    events = Dir[File.expand_path("../fixtures/requests/*.json", __dir__)].map { |file| JSON.parse(File.read(file))["event"] }
    input = events.map { |event| "#{JSON.generate(event)}\n" }.join
    output, errors, status = Open3.capture3(*command, stdin_data: input)
    expect(errors).to eq("")
    expect(status.exitstatus).to eq(0)
    expect(output.lines.map { |line| JSON.parse(line)["statusCode"] }).to eq([200] * events.size)
  end

  it "prints what is wrong with an event, without a memory error or a leak" do
    output, errors, status = Open3.capture3(*command, stdin_data: "{\"Records\":[]}\n[\n{\"httpMethod\":5}\n")
    expect(output).to eq("")
    expect(errors.lines.size).to eq(3)
    expect(status.exitstatus).to eq(1)
  end

  it "answers invocations, reports the ones that it cannot read, and ends when SIGTERM arrives" do
    status, log = run_with_api do
      expect(JSON.parse(@api.invoke(event).wait.body)["body"]).to start_with("POST /orders from ")
      failed = @api.invoke('{"Records":[{"eventSource":"aws:sqs"}]}').wait
      expect([failed.kind, failed.headers["lambda-runtime-function-error-type"]]).to eq([:error, "Function.LambyError"])
      expect(JSON.parse(failed.body)["errorMessage"]).to include("Amazon SQS batch")
      expect(@api.invoke(event).wait.kind).to eq(:response)
    end
    expect([status, log.lines.size]).to eq([0, 1]), log
  end

  it "sends a response again if the connection broke before a reply" do
    @api.fault(%r{/response\z}) { |exchange| exchange.socket.close }
    status, log = run_with_api do
      expect(@api.invoke(event).wait.kind).to eq(:response)
    end
    expect([status, log]).to eq([0, ""])
  end
end
