# frozen_string_literal: true

# Lambda gives a process 500 ms to end. Some of these specs give the workers 20 s, so that the specs pass on a slow
# machine.
RSpec.describe "A shutdown while several invocations are in flight", if: File.exist?("/proc/net/tcp") do
  include_context "with a Runtime API"
  include WorkerProcesses

  app = <<~'RUBY'
    require "lamby"
    Lamby.config.on_shutdown { $stderr.puts "hook of #{Process.pid}" }
    Lamby.config.rack_app = lambda do |env|
      $stderr.puts "handling in #{Process.pid}"
      case env["PATH_INFO"]
      when "/wait" then sleep
      when "/busy" then nil while true
      when "/keep-lock" then PAUSE.call
      end
    end
  RUBY

  def shut_down(code, workers, path, size, &ready)
    code = "#{code}Lamby.config.workers = #{workers}\n"
    @process = RuntimeProcess.new(@api, code, environment: { "AWS_LAMBDA_MAX_CONCURRENCY" => size.to_s })
    wait_until { @api.exchanges.count { |it| it.path == "/invocation/next" } == size }
    invocations = Array.new(size) { @api.invoke(JSON.generate(http_event(path: path))) }
    wait_until(&ready)
    sleep 0.1 # Gives the worker time to record which events it has read, because the spec cannot observe this.
    polls = @api.exchanges.size
    @process.kill("TERM")
    expect(@process.wait.exitstatus).to eq(0)
    expect(@api.exchanges.drop(polls).map(&:path)).to all(end_with("/error"))
    expect(invocations.map { |it| it.answers.size }).to all(eq(1))
    invocations.each { |it| expect(@process.log).to include(it.request_id) }
    invocations.map { |it| JSON.parse(it.answers.first.body) }
  end

  { "several threads" => [1, 2], "several processes" => [2, 4] }.each do |how, (workers, size)|
    { "/wait" => "wait", "/busy" => "run Ruby code" }.each do |path, what|
      it "reports the invocations that run in #{how}, and runs the hooks, while the handlers #{what}" do
        errors = shut_down("#{app}Lamby::Runtime::Cluster.patience = 20\n", workers, path, size) { @process.log.scan("handling").size == size }
        expect(errors).to all(include("errorType" => "Runtime.HandlerKilled", "errorMessage" => "the process was asked to end before the handler had returned"))
        expect(@process.log.scan(/^hook of/).size).to eq(workers)
      end
    end
  end

  it "kills workers that do not end in time, and reports their invocations" do
    code = "#{WorkerProcesses::KEEP_LOCK}#{app}Lamby::Runtime::Cluster.patience = 0.1\n"
    errors = shut_down(code, 2, "/keep-lock", 4) do
      @process.log.scan(/handling in \d+/).uniq.size == 2 && @api.pending.zero? && all_read?(@api.address[/\d+\z/].to_i)
    end
    expect(errors).to all(include("errorType" => "Runtime.WorkerEnded", "errorMessage" => "the process was asked to end, and had no time to finish the invocation"))
  end
end
