# frozen_string_literal: true

# If the application calls fork without a block, the parent and the child both return from the handler to the runtime's
# code. Only the parent responds to the invocation.
RSpec.describe "A process that the application forks" do
  include_context "with a Runtime API"

  app = SpecApps.source(:forks)

  def start(code, environment = {})
    @process = RuntimeProcess.new(@api, "#{code}Lamby.config.workers = #{environment.fetch("WORKERS", 1)}\n", environment: environment)
  end

  def invoke(path, query = "", headers = {})
    @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: path, query: query)), headers)
  end

  # Returns the body of a buffered or a streamed response.
  def body(answer)
    expect(answer).to have_attributes(kind: :response, trailers: {})
    json, body = answer.body.split("\0" * 8, 2)
    body || JSON.parse(json).fetch("body")
  end

  def polls
    @api.exchanges.count { |it| it.path == "/invocation/next" }
  end

  # Checks that no child responds, polls, or runs callbacks that only its parent may run.
  def expect_parent_alone(invocations, pollers)
    wait_until { polls == invocations.size + pollers }
    expect(@api.exchanges.count { |it| it.path.start_with?("/invocation/") }).to eq((invocations.size * 2) + pollers)
    expect(invocations.map { |it| it.answers.size }).to all(eq(1))
    children = @process.log.scan(/^child (\d+)/).flatten
    expect(children).not_to be_empty
    %w[handled finished on_shutdown].each do |duty|
      expect(@process.log.scan(/^#{duty} in (\d+)/).flatten & children).to be_empty, "#{duty}\n#{@process.log}"
    end
    children
  end

  statuses = {
    "return" => "0", "exit" => "3", "abort" => "1", "raise" => "1", "exec" => "1", "exception" => "1", "kill-thread" => "0",
    "throw" => "1", "terminate" => "143"
  }
  ways = {
    "one at a time" => [{}, 1],
    "two at once, in threads" => [{ "LAMBY_CONCURRENCY" => "2" }, 2],
    "two at once, in processes" => [{ "LAMBY_CONCURRENCY" => "2", "WORKERS" => "2" }, 2]
  }
  streams = { "LAMBY_INVOKE_MODE" => "response_stream" }
  ways.each do |way, (environment, pollers)|
    it "ends with its own exit status, runs its at_exit blocks, and sends nothing to the Runtime API: #{way}" do
      start(app, environment)
      invocations = statuses.map do |what, status|
        invoke("/", what).tap { |it| expect(body(it.wait)).to eq(status), "#{what}: #{body(it.wait)}" }
      end
      children = expect_parent_alone(invocations, pollers)
      expect(@process.log.scan(/^at_exit in (\d+)/).flatten).to match_array(children)
      expect(@process.log.scan("in the child").size).to be >= 2 # Lamby logs the exception that the child raises.
    end

    %w[/ /each /call].each do |path|
      it "ends with its own exit status even if it was forked within a streamed response: #{way}, #{path}" do
        start(app, environment.merge(streams))
        invocations = statuses.map do |what, status|
          invoke(path, what).tap { |it| expect(body(it.wait)).to end_with(status), "#{what}: #{body(it.wait)}" }
        end
        children = expect_parent_alone(invocations, pollers)
        expect(@process.log.scan(/^at_exit in (\d+)/).flatten).to match_array(children)
      end
    end

    it "cannot write to its parent's streamed response: #{way}" do
      start(app, environment.merge(streams))
      invocations = %w[/each /call].product(%w[write write-much write-and-close write-twice]).map do |path, what|
        invoke(path, what).tap { |it| expect(body(it.wait)).to match(/\Abegun [01]\z/) }
      end
      expect_parent_alone(invocations, pollers)
      until_log("this process was forked from the one that runs the invocation")
    end

    it "may outlive the invocation and its deadline: #{way}" do
      start(app, environment.merge(streams))
      deadline = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + 1_500
      invocations = ["/", "/each", "/call"].map do |path|
        invoke(path, "sleep", "Lambda-Runtime-Deadline-Ms" => deadline.to_s).tap { |it| expect(body(it.wait)).to end_with("slept") }
      end
      invocations += Array.new(3) { invoke("/well").tap { |it| expect(body(it.wait)).to eq("well") } }
      children = expect_parent_alone(invocations, pollers)
      wait_until { @process.log.scan(/^at_exit in (\d+)/).flatten.sort == children.sort }
      expect_parent_alone(invocations, pollers)
    end
  end

  it "sends nothing to the Runtime API if it was forked with IO.popen" do
    start(app)
    invocation = invoke("/", "popen")
    expect(body(invocation.wait)).to eq("0")
    expect_parent_alone([invocation], 1)
  end

  it "sends nothing to the Runtime API if the body's close method forked it" do
    start(app)
    invocation = invoke("/close", "return")
    expect(body(invocation.wait)).to eq("well")
    expect_parent_alone([invocation], 1)
  end

  it "cannot abort the parent's stream" do
    start(SpecApps.source(:aborts_stream_in_fork), streams)
    2.times { expect(body(invoke("/").wait)).to eq("one two") }
  end

  # If the child kept the connection open, Lambda could send an invocation over it. No thread reads from this
  # connection, so the invocation would get no response.
  it "does not keep a poll's connection open after its parent has closed it" do
    start(<<~'RUBY', "LAMBY_CONCURRENCY" => "2")
      require "lamby"
      Lamby.config.rack_app = lambda do |env|
        if env["PATH_INFO"] == "/fork"
          fork { sleep 20 }
          (Thread.list - [Thread.current, Thread.main]).each { |it| it.raise(IOError, "from outside") }
        end
        [200, {}, ["well"]]
      end
    RUBY
    wait_until { polls == 2 }
    invoke("/fork").wait
    wait_until { polls == 4 } # Both threads of the runtime have polled again.
    Array.new(4) { invoke("/") }.each { |it| expect(body(it.wait)).to eq("well") }
  end
end
