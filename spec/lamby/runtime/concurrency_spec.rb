# frozen_string_literal: true

# On Lambda Managed Instances, a process gets several invocations at once.
RSpec.describe "Concurrent invocations" do
  include_context "with a Runtime API"

  app = SpecApps.source(:meeting_invocations)

  def start(code, concurrency, workers, environment: {})
    workers = "Lamby.config.workers = #{workers}\n" if workers
    @process = RuntimeProcess.new(@api, "#{code}#{workers}", environment: { "AWS_LAMBDA_MAX_CONCURRENCY" => concurrency.to_s }.merge(environment))
    Dir.mkdir("#{@process.folder}/met")
  end

  def invoke(path, query = "", headers = {})
    @api.invoke(JSON.generate(http_event(path: path, rawQueryString: query)), headers)
  end

  def answer(invocation)
    expect(invocation.wait).to have_attributes(kind: :response)
    JSON.parse(JSON.parse(invocation.answers.first.body)["body"])
  end

  def polls
    @api.exchanges.count { |it| it.path == "/invocation/next" }
  end

  { "4 threads of one process" => 1, "2 processes" => 2, "4 processes" => 4 }.each do |place, workers|
    it "run at once in #{place}, each with its own connection and context" do
      start(app, 4, workers)
      invocations = Array.new(4) { |index| invoke("/meet", "4", "Lambda-Runtime-Trace-Id" => "Root=#{index}") }
      answers = invocations.map { |invocation| answer(invocation) }
      expect(answers.map { |it| it["id"] }).to eq(invocations.map(&:request_id))
      expect(answers.map { |it| it["header"] }).to eq(invocations.map(&:request_id))
      expect(answers.map { |it| it["trace"] }).to eq(%w[Root=0 Root=1 Root=2 Root=3])
      expect(answers.map { |it| it["env"] }).to all(be_nil)
      expect(answers.map { |it| it["multithread"] }).to all(be(true))
      expect(answers.map { |it| it["pid"] }.uniq.size).to eq(workers)
      wait_until { polls == 8 }
      expect(@api.exchanges.count { |it| it.path.end_with?("/response") }).to eq(4)
    end
  end

  it "count as one cold start with one set of boot metrics, however many processes there are" do
    start("#{app}Lamby.config.cold_start_metrics = Lamby.config.boot_metrics = true\n", 2, 2)
    2.times { Array.new(2) { invoke("/meet", "2") }.each { |it| answer(it) } }
    records = @process.log.lines.grep(/_aws/).map { |line| JSON.parse(line) }
    expect(records).to contain_exactly(include("ColdStart" => 1, "BootGems" => Float, "BootRest" => Float, "InitDuration" => be < 30_000))
  end

  it "have exactly as many pollers as the concurrency allows" do
    start(app, 5, 2)
    wait_until { polls == 5 }
    sleep 0.1
    expect(polls).to eq(5)
  end

  it "are not polled for before all worker processes are ready" do
    start("#{app}Lamby.config.after_fork { |index| sleep 0.3 * index; $stderr.puts \"ready \#{index}\" }\n", 3, 3)
    wait_until { polls.positive? }
    expect(@process.log.scan(/^ready \d/).sort).to eq(["ready 0", "ready 1", "ready 2"])
  end

  it "are off by default: invocations run one at a time, with the trace id in the environment" do
    start(app, "", nil)
    expect(answer(invoke("/", "", "Lambda-Runtime-Trace-Id" => "Root=1"))).to include("env" => "Root=1", "multithread" => false)
    expect(polls).to be <= 2
  end

  it "are limited by LAMBY_CONCURRENCY outside of Lambda" do
    start(app, "", 1, environment: { "LAMBY_CONCURRENCY" => "3" })
    wait_until { polls == 3 }
  end

  it "are limited by config.concurrency outside of Lambda, even if LAMBY_CONCURRENCY is different" do
    start("#{app}Lamby.config.concurrency = 3\n", "", 1, environment: { "LAMBY_CONCURRENCY" => "2" })
    wait_until { polls == 3 }
  end

  it "are limited by AWS_LAMBDA_MAX_CONCURRENCY on Lambda, even if config.concurrency is different" do
    start("#{app}Lamby.config.concurrency = 1\n", 3, 1)
    wait_until { polls == 3 }
  end

  it "are not handled if config.concurrency is outside of Lambda's limits, because the initialization fails" do
    start("#{app}Lamby.config.concurrency = 0\n", "", 1)
    expect(JSON.parse(initialization_error.body))
      .to include("errorMessage" => "Lamby.config.concurrency is 0, and must be a number from 1 to 1600")
    expect(@process.wait.exitstatus).to eq(1)
  end

  it "are not handled if AWS_LAMBDA_MAX_CONCURRENCY is not a number, because the initialization fails" do
    start(app, "many", 1)
    error = initialization_error
    expect(JSON.parse(error.body)).to include("errorType" => "Runtime.Error", "errorMessage" => 'AWS_LAMBDA_MAX_CONCURRENCY is "many", and must be a number from 1 to 1600')
    expect(@process.wait.exitstatus).to eq(1)
  end

  %w[/raise /exit /kill-thread].each do |path|
    it "fail without an effect on other invocations: #{path}" do
      start(app, 2, 1)
      waiting = invoke("/meet", "2")
      3.times { expect(invoke(path).wait).to have_attributes(kind: :error) }
      expect(answer(invoke("/meet", "2"))["pid"]).to eq(answer(waiting)["pid"])
    end
  end

  it "are reported once each if their worker process dies, and the process is replaced" do
    start(app, 4, 2)
    waiting = Array.new(3) { invoke("/wait") }
    wait_until { polls == 4 }
    dead = invoke("/kill-process")
    error = dead.wait
    expect(error).to have_attributes(kind: :error)
    expect(JSON.parse(error.body)).to include("errorType" => "Runtime.WorkerEnded", "errorMessage" => match(/the process that ran the invocation has ended: .*SIGKILL/))
    # The other invocation of the dead process has failed, too. The invocations of the other process go on.
    wait_until { waiting.count { |it| it.answers.any? } == 1 }
    expect(answer(invoke("/"))["pid"]).to be_an(Integer)
    expect([dead, *waiting].map { |it| it.answers.size }).to contain_exactly(1, 1, 0, 0)
    expect(@process.log.scan(/after_fork \d/).size).to eq(3)
    expect(@process.log.scan("before_fork").size).to eq(1)
  end

  it "are reported if their worker process dies, even if a child of that process is still running" do
    start(app, 2, 2)
    wait_until { polls == 2 }
    dead = invoke("/leave-child")
    expect(dead.wait).to have_attributes(kind: :error)
    expect(JSON.parse(dead.answers.first.body)).to include("errorType" => "Runtime.WorkerEnded")
    Array.new(2) { invoke("/meet", "2") }.each { |it| expect(answer(it)["pid"]).to be_an(Integer) }
  ensure
    Process.kill("KILL", @process.log[/^child (\d+)/, 1].to_i)
  end

  it "go on if the application raises an exception in another poller's thread; the exception is logged" do
    start(app, 2, 1)
    wait_until { polls == 2 }
    answer(invoke("/raise-in-others"))
    wait_until { polls == 4 } # The other poller has polled again.
    Array.new(2) { invoke("/meet", "2") }.each { |it| answer(it) }
    until_log("IOError", "from outside")
  end

  it "stop, and the runtime ends with an error, if worker processes die again and again before they poll" do
    start("#{app}Lamby.config.after_fork { exit! }\n", 2, 2)
    expect(@process.wait.exitstatus).to eq(1)
    until_log("3 worker processes in a row have died before they took an invocation")
  end

  it "stop on SIGTERM: each worker process runs its hooks and ends" do
    start(app, 2, 2)
    pids = Array.new(2) { invoke("/meet", "2") }.map { |it| answer(it)["pid"] }
    @process.kill("TERM")
    expect(@process.wait.exitstatus).to eq(0)
    expect(@process.log.scan(/hook in (\d+)/).flatten.map(&:to_i)).to match_array(pids)
    pids.each { |pid| expect { Process.kill(0, pid) }.to raise_error(Errno::ESRCH) }
  end

  it "stop when the parent process is killed, because its worker processes end" do
    start(app, 2, 2)
    pids = Array.new(2) { invoke("/meet", "2") }.map { |it| answer(it)["pid"] }
    invoke("/wait")
    @process.kill("KILL")
    wait_until("the end of the workers", processes: []) { pids.none? { |pid| File.exist?("/proc/#{pid}") && File.read("/proc/#{pid}/stat")[/\) (\w)/, 1] != "Z" } }
  end

  it "go on if a poll is refused once" do
    @api.fault("/invocation/next") { |exchange| exchange.reply(403, {}, "state") }
    start(app, 2, 1)
    expect(Array.new(2) { invoke("/meet", "2") }.map { |it| answer(it)["pid"] }.uniq.size).to eq(1)
  end

  it "stop, and the runtime ends with an error, if every poll is refused" do
    @api.fault("/invocation/next", times: 20) { |exchange| exchange.reply(403, {}, "state") }
    start(app, 2, 1)
    expect(@process.wait.exitstatus).to eq(1)
    until_log("[ERROR] lamby: one of 2 pollers failed:", "403: state")
  end
end
