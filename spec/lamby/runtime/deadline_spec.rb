# frozen_string_literal: true

# A streamed response ends before its invocation times out, whatever the application does with the exception.
RSpec.describe "The deadline of a streamed response" do
  include_context "with a Runtime API"

  app = <<~'RUBY'
    require "lamby"
    headers = { "content-type" => "text/event-stream" }
    over = -> { File.exist?("over") }
    # What keeps a feed alive.
    feed = lambda do |out|
      until over.call
        begin
          out << "tick "
          sleep 0.01
        rescue StandardError => e
          $stderr.puts "rescued #{e.class}"
        end
      end
    end
    wait = lambda do
      sleep 0.01 until over.call
    rescue StandardError
      retry
    end
    large = "x" * 100_000
    ways = {
      "goes on to write" => feed,
      "waits" => ->(out) { out << "tick "; wait.call },
      "waits in an ensure" => ->(out) { begin; out << "tick "; sleep; ensure; wait.call; end },
      "flushes" => ->(out) { out << "tick "; begin; out.respond_to?(:flush) ? out.flush : out << ""; sleep 0.01; rescue StandardError; end until over.call },
      "goes on to write to a slow reader" => ->(out) { begin; out << large; rescue StandardError => e; $stderr.puts "rescued #{e.class}"; sleep 0.01; end until over.call },
      "ends" => ->(out) { begin; loop { out << "tick "; sleep 0.01 }; rescue StandardError; end },
      "raises something else" => ->(out) { begin; loop { out << "tick "; sleep 0.01 }; rescue StandardError; raise ArgumentError, "else"; end },
      "is quick" => ->(out) { out << "tick " },
      "is exact" => ->(out) { out << "tick "; sleep [File.read("until").to_f - Process.clock_gettime(Process::CLOCK_REALTIME), 0].max; out << "tick " }
    }
    Lamby.config.rack_app = lambda do |env|
      write = ways.fetch(env["QUERY_STRING"].tr("+", " "))
      body =
        case env["PATH_INFO"]
        when "/each" then Enumerator.new(&write)
        when "/call" then ->(out) { begin; write.call(out); ensure; out.close rescue nil; end }
        when "/thread" then ->(out) { Thread.new { write.call(out); out.close rescue nil } }
        when "/beside" then ->(out) { Thread.new { write.call(out) }; wait.call }
        end
      [200, headers, body]
    end
  RUBY

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

  # So far in front of the deadline that a busy machine does not matter.
  margin = "Lamby.config.deadline_margin = 4\n"

  { "one at a time" => {}, "two at once" => { "LAMBY_CONCURRENCY" => "2" } }.each do |how, environment|
    %w[/each /call /thread /beside].each do |path|
      ["goes on to write", "waits", "waits in an ensure", "flushes"].each do |what|
        it "is kept where the application rescues the exception and #{what}: #{path}, #{how}" do
          start(app + margin, environment)
          answer = invoke(path, what, 5_000).wait
          expect(now).to be < @deadline
          expect(answer.trailers["lambda-runtime-function-error-type"]).to eq("Runtime.DeadlineExceeded")
          error = JSON.parse(answer.trailers["lambda-runtime-function-error-body"].unpack1("m"))
          expect(error).to include("errorMessage" => include("4 s before the invocation's deadline"))
          expect(error["stackTrace"]).not_to be_empty
          expect_the_loop_to_go_on
          Timeout.timeout(20) { sleep 0.01 until @process.log.include?('"errorType":"Runtime.DeadlineExceeded"') }
          expect(@process.log.scan('"errorType":"Runtime.DeadlineExceeded"').size).to eq(1)
        end
      end
    end
  end

  it "has every write after it raise" do
    start(app + margin)
    invoke("/each", "goes on to write", 5_000).wait
    Timeout.timeout(20) { sleep 0.01 until @process.log.scan("rescued Lamby::Runtime::DeadlineExceeded").size > 3 }
    expect(@process.log.scan(/rescued (\S+)/).flatten.uniq).to eq(["Lamby::Runtime::DeadlineExceeded"])
  end

  it "is an error also where the application rescues the exception and ends" do
    start(app + margin)
    %w[/each /call].each do |path|
      answer = invoke(path, "ends", 5_000).wait
      expect(answer.trailers["lambda-runtime-function-error-type"]).to eq("Runtime.DeadlineExceeded")
    end
    expect_the_loop_to_go_on
    expect(@process.log.scan('"errorType":"Runtime.DeadlineExceeded"').size).to eq(2)
  end

  it "is the application's own error where it raises another" do
    start(app + margin)
    expect(invoke("/each", "raises something else", 5_000).wait.trailers["lambda-runtime-function-error-type"]).to eq("Function.ArgumentError")
  end

  %w[/each /call /thread].each do |path|
    it "cuts the connection where nobody reads, and the application goes on: #{path}" do
      start(app + margin)
      released = Queue.new
      @api.on_chunk = lambda do |_, chunk|
        released.pop if chunk.start_with?("xxx")
        false
      end
      invocation = invoke(path, "goes on to write to a slow reader", 5_500)
      Timeout.timeout(20) { sleep 0.01 until @process.log.include?("its connection is cut") }
      expect(now).to be < @deadline
      released.close
      @api.on_chunk = nil
      expect_the_loop_to_go_on
      expect(invocation.answers).to be_empty
    end
  end
end
