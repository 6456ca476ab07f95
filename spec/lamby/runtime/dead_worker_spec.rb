# frozen_string_literal: true

# If a worker process dies, the parent process reports the invocations that this worker had not finished.
RSpec.describe "An invocation whose worker process dies", if: File.exist?("/proc/net/tcp") do
  include_context "with a Runtime API"
  include WorkerProcesses

  app = SpecApps.source(:kills_its_worker)

  def start(code, concurrency = 2)
    @process = RuntimeProcess.new(@api, code, environment: { "AWS_LAMBDA_MAX_CONCURRENCY" => concurrency.to_s })
    wait_until { polls == concurrency }
  end

  def invoke(path) = @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: path)))

  def polls = @api.exchanges.count { |it| it.path == "/invocation/next" }

  def pid = File.read("#{@process.folder}/pid").to_i

  def expect_reported(invocation)
    expect(invocation.wait).to have_attributes(kind: :error)
    expect(JSON.parse(invocation.answers.first.body)).to include("errorType" => "Runtime.WorkerEnded", "errorMessage" => include("SIGKILL"))
    until_log(/#{invocation.request_id}.*Runtime.WorkerEnded/)
  end

  def body(invocation) = JSON.parse(invocation.wait.body)["body"]

  # Checks that both workers still take invocations.
  def expect_to_go_on
    expect(Array.new(2) { invoke("/") }.map { |it| body(it) }).to all(match(/\A\d+\z/))
  end

  it "is reported even if the worker could not read the event because another thread held the GVL" do
    start(WorkerProcesses::KEEP_LOCK + app, 4)
    busy = invoke("/keep-lock")
    wait_until { File.size?("#{@process.folder}/pid") }
    waiting = Array.new(3) { invoke("/wait") }
    wait_until { @api.pending.zero? && all_read?(@api.address[/\d+\z/].to_i) }
    sleep 0.1 # Gives the worker time to record which events it has read, because the spec cannot observe this.
    Process.kill("KILL", pid)
    expect_reported(busy)
    wait_until { waiting.any? { |it| it.answers.any? } }
    expect_reported(waiting.find { |it| it.answers.any? })
    expect([busy, *waiting].sum { |it| it.answers.size }).to eq(2)
  end

  it "is reported if the worker was reading the event" do
    @api.fault("/invocation/next", times: 2) do |exchange|
      invocation = @api.take_next
      exchange.socket.write("#{reply_head(invocation)}Content-Length: 1000\r\n\r\n{\"version\"")
      sleep
    end
    start(app)
    halves = Array.new(2) { invoke("/") }
    wait_until { @api.pending.zero? && all_read?(@api.address[/\d+\z/].to_i) }
    sleep 0.1
    Process.kill("KILL", children(@process.pid).first)
    invocation = nil
    wait_until { invocation = halves.find { |it| it.answers.any? } }
    expect_reported(invocation)
    expect(halves.sum { |it| it.answers.size }).to eq(1)
  end

  it "is reported if the worker was sending the response, because the response may not have arrived" do
    start(app)
    @api.fault(%r{/response\z}) do |exchange| # The Runtime API does not accept the response.
      Process.kill("KILL", JSON.parse(exchange.body)["body"].to_i)
      exchange.reset
    end
    expect_reported(invoke("/"))
    expect_to_go_on
  end

  it "does not fail if the response has arrived but was not yet confirmed" do
    start(app)
    @api.fault(%r{/response\z}) do |exchange|
      @api.accept(exchange, reply: false)
      Process.kill("KILL", JSON.parse(exchange.body)["body"].to_i)
      exchange.reset
    end
    invocation = invoke("/")
    expect(invocation.wait).to have_attributes(kind: :response)
    until_log("the error was refused with 400: the Runtime API has a response already")
    expect(@process.log).not_to include("WorkerEnded")
    expect_to_go_on
  end

  it "is not reported if the response was confirmed" do
    start(app)
    expect(invoke("/die-later").wait).to have_attributes(kind: :response)
    until_log("has ended: SIGKILL")
    expect_to_go_on
    expect(@api.exchanges.map(&:path)).not_to include(end_with("/error"))
  end

  it "is reported if the worker was streaming the response; Lambda refuses the report if Lambda has already noticed the end of the connection" do
    start("#{app}Lamby.config.invoke_mode = :response_stream\n")
    invocation = invoke("/stream")
    expect(chunk_of(invocation)).to include('"statusCode":200')
    until_log("#{invocation.request_id} lamby: the error was refused with 400: the Runtime API has a response already")
    expect(@api.exchanges.find { |it| it.path.end_with?("/error") }.body).to include("Runtime.WorkerEnded")
    expect(invocation.answers).to be_empty
  end

  it "does not affect other workers, however many workers die" do
    start(app)
    healthy = invoke("/wait")
    wait_until { @api.pending.zero? }
    5.times { expect_reported(invoke("/die")) }
    expect(body(invoke("/"))).to match(/\A\d+\z/)
    expect(healthy.answers).to be_empty
  end
end
