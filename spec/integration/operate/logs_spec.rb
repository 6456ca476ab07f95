# frozen_string_literal: true

require "open3"

RSpec.describe "lamby logs", :slow, :linters do
  include_context "with a deployed stack"

  let(:group) { "/aws/lambda/shop-production" }
  let(:now) { Time.now }

  # Puts records into the log, the last of them one second ago.
  def log(*messages, ago: 0)
    events = messages.each_with_index.map { |message, index| { timestamp: ((now - messages.size + index - ago).to_f * 1000).to_i, message: message } }
    aws("logs", "put-log-events", "--log-group-name", group, "--log-stream-name", "environment", "--log-events", JSON.generate(events))
  end

  def make_log
    deployed("aaaa")
    aws("logs", "create-log-group", "--log-group-name", group)
    aws("logs", "create-log-stream", "--log-group-name", group, "--log-stream-name", "environment")
  end

  def messages(out)
    out.gsub(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, "")
  end

  it "prints the records of the last 10 minutes; only errors, or only one request" do
    make_log
    log("Old", ago: 900)
    log("START RequestId: 1-a Version: 1", "1-a RuntimeError (boom):\r    app.rb:1", "2-b Completed 200 OK",
        JSON.generate(timestamp: "x", level: "FATAL", message: "boom", requestId: "3-c", stackTrace: ["app.rb:1", "app.rb:2"]))
    out, err, status = operate("logs")
    expect([err, status]).to eq(["", 0])
    expect(messages(out)).to eq(<<~TEXT)
      START RequestId: 1-a Version: 1
      1-a RuntimeError (boom):
              app.rb:1
      2-b Completed 200 OK
      [FATAL] 3-c boom
          stackTrace: app.rb:1
            app.rb:2
    TEXT
    expect(messages(operate("logs", "--errors").first).lines.size).to eq(5)
    expect(messages(operate("logs", "--request", "2-b").first)).to eq("2-b Completed 200 OK\n")
    expect(messages(operate("logs", "--since", "1h").first)).to start_with("Old\n")
    expect(JSON.parse(operate("logs", "--request", "2-b", "--json").first)).to include("message" => "2-b Completed 200 OK", "logStreamName" => "environment")
    expect(operate("logs", "--since", (now + 60).iso8601)).to eq(["", "lamby: the log has no such records\n", 0])
  end

  it "with --follow, prints each new record once, until Ctrl-C" do
    make_log
    log("one")
    Open3.popen3(credentials.merge(env_of_command), *lamby_command, "logs", "--follow", chdir: @folder) do |_stdin, out, _err, thread|
      expect(out.gets).to end_with(" one\n")
      log("two")
      expect(out.gets).to end_with(" two\n")
      Process.kill("INT", thread.pid)
      expect([out.read, thread.value.exitstatus]).to eq(["", 0])
    end
  end

  it "says what is wrong" do
    deployed("aaaa")
    expect(operate("logs").drop(1)).to match([include("there is no log group #{group}: Lambda makes it when the function first runs"), 7])
    expect(operate("logs", "--since", "soon").drop(1)).to match([include("--since is \"soon\", and has to be a time, or a number"), 2])
    expect(operate("logs", "--request", "a\" b").drop(1)).to match([include("\"a\\\" b\" is not a request id"), 2])
  end
end
