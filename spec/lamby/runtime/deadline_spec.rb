# frozen_string_literal: true

# Before the invocation times out, Lamby raises an exception in the application and ends the streamed response, even if
# the application rescues the exception.
RSpec.describe "The deadline of a streamed response" do
  include_context "with a Runtime API"

  app = SpecApps.source(:endless_streams)

  define_method(:app) { app }

  def start(code, environment = {})
    @process = RuntimeProcess.new(@api, "#{code}Lamby.config.workers = 1\n", environment: { "LAMBY_INVOKE_MODE" => "response_stream" }.merge(environment))
  end

  def now = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)

  def invoke(path, what, milliseconds)
    @deadline = now + milliseconds
    @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: path, query: what.tr(" ", "+"))), "Lambda-Runtime-Deadline-Ms" => @deadline.to_s)
  end

  def over
    File.write("#{@process.folder}/over", "")
  end

  def expect_the_loop_to_go_on
    over
    answer = invoke("/each", "is quick", 30_000).wait
    expect(answer).to have_attributes(kind: :response, trailers: {}, body: end_with("\0tick "))
  end

  # Starts the process with a margin of 2 s, so that the examples also pass on a busy machine.
  def start_with_margin(environment = {})
    start("#{app}Lamby.config.deadline_margin = 2\n", environment)
    invoke("/each", "is quick", 60_000).wait
  end

  # Invokes the function 2.5 s before its deadline, which is 0.5 s before the margin begins. Returns the error in the
  # response's trailers.
  def error_of(path, what)
    answer = invoke(path, what, 2_500).wait
    expect(now).to be < @deadline
    JSON.parse(answer.trailers.fetch("lambda-runtime-function-error-body").unpack1("m"))
  end

  def reported
    @process.log.scan('"errorType":"Runtime.DeadlineExceeded"').size
  end

  { "one at a time" => {}, "two at once" => { "LAMBY_CONCURRENCY" => "2" } }.each do |how, environment|
    %w[/each /call /thread /beside].each do |path|
      slow = !["/each, one at a time", "/beside, two at once"].include?("#{path}, #{how}")
      it "is kept even if the application rescues the exception and goes on: #{path}, #{how}", slow: slow do
        start_with_margin(environment)
        ["goes on to write", "waits", "waits in an ensure", "flushes"].each.with_index(1) do |what, count|
          expect(error_of(path, what)).to include(
            "errorType" => "Runtime.DeadlineExceeded", "errorMessage" => include("2 s before the invocation's deadline"), "stackTrace" => include(String)
          )
          expect_the_loop_to_go_on
          wait_until { reported == count }
          File.delete("#{@process.folder}/over")
        end
      end
    end
  end

  it "makes every write after it raise Lamby::Runtime::DeadlineExceeded" do
    start_with_margin
    error_of("/each", "goes on to write")
    wait_until { @process.log.scan("rescued Lamby::Runtime::DeadlineExceeded").size > 3 }
    expect(@process.log.scan(/rescued (\S+)/).flatten.uniq).to eq(["Lamby::Runtime::DeadlineExceeded"])
  end

  it "is reported even if the application rescues the exception and returns, unless the application raises another exception" do
    start_with_margin
    %w[/each /call].each { |path| expect(error_of(path, "ends")).to include("errorType" => "Runtime.DeadlineExceeded") }
    expect(error_of("/each", "raises something else")).to include("errorType" => "Function.ArgumentError")
    expect(reported).to eq(2)
  end

  it "aborts the connection if the client does not read and the application goes on" do
    start_with_margin
    %w[/each /call /thread].each.with_index(1) do |path, count|
      released = Queue.new
      @api.on_chunk = lambda do |_, chunk|
        released.pop if chunk.start_with?("xxx")
        false
      end
      invocation = invoke(path, "goes on to write to a slow reader", 3_000)
      wait_until { @process.log.scan("so Lamby closes the connection").size == count }
      expect(now).to be < @deadline
      released.close
      @api.on_chunk = nil
      expect_the_loop_to_go_on
      File.delete("#{@process.folder}/over")
      # Lamby has aborted the connection. So the Runtime API records a response only if the end of the response
      # was already in the sockets' buffers.
      expect(invocation.answers.map { |it| it.trailers["lambda-runtime-function-error-type"] }).to all(eq("Runtime.DeadlineExceeded"))
    end
  end

  it "leads to exactly one response, complete or with the error, if the body ends at about the same time" do
    start("#{app}Lamby.config.deadline_margin = 0.2\n")
    expect(invoke("/each", "is quick", 30_000).wait.trailers).to be_empty
    answers = Array.new(40) do |index|
      File.write("#{@process.folder}/until", ((now + 300 - 200 + ((index - 20) * 0.2)) / 1000.0).to_s)
      invocation = invoke("/each", "is exact", 300)
      invocation.wait.tap { expect(invocation.answers.size).to eq(1) }
    end
    expect(answers.map { |it| it.trailers["lambda-runtime-function-error-type"] }.uniq - [nil, "Runtime.DeadlineExceeded"]).to be_empty
    expect_the_loop_to_go_on
  end
end
