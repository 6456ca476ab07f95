# frozen_string_literal: true

# Every invocation gets one response, whatever the application raises, even if the exception's own methods misbehave.
RSpec.describe "An error report" do
  include_context "with a Runtime API"

  # Each row has the code that an application runs, and the error type that Lambda gets.
  rows = {
    "a backtrace that is a String" => ['raise Class.new(StandardError) { def backtrace = "a:1\nb:2" }', "Function.AnonymousError"],
    "a backtrace that raises" => ['raise Class.new(StandardError) { def backtrace = raise("x") }', "Function.AnonymousError"],
    "a backtrace of other objects" => ["raise Class.new(StandardError) { def backtrace = [BasicObject.new, nil, 5, :a] }", "Function.AnonymousError"],
    "a backtrace that is an odd Array" => [<<~RUBY, "Function.AnonymousError"],
      raise Class.new(StandardError) { def backtrace = Class.new(Array) { def first(*) = raise; def each = raise; def to_ary = raise }.new(["a:1"]) }
    RUBY
    "backtrace_locations of other objects" => ["raise Class.new(StandardError) { def backtrace_locations = [5] }", "Function.AnonymousError"],
    "backtrace_locations that raise" => ["raise Class.new(StandardError) { def backtrace_locations = raise(NoMemoryError) }", "Function.AnonymousError"],
    "a message that raises NotImplementedError" => ["raise Class.new(StandardError) { def message = raise(NotImplementedError) }", "Function.AnonymousError"],
    "a message that raises itself" => ["raise Class.new(StandardError) { def message = raise(self) }", "Function.AnonymousError"],
    "a message that recurses" => ["raise Class.new(StandardError) { def message = message }", "Function.AnonymousError"],
    "a message that throws" => ["raise Class.new(StandardError) { def message = throw(:done) }", "Function.AnonymousError"],
    "a message that ends the thread" => ["raise Class.new(StandardError) { def message = Thread.current.kill }", nil],
    "a message that exits" => ["raise Class.new(StandardError) { def message = exit }", "Function.AnonymousError"],
    "a message that is not a String" => ["raise Class.new(StandardError) { def message = 5 }", "Function.AnonymousError"],
    "a message without methods" => ["raise Class.new(StandardError) { def message = BasicObject.new }", "Function.AnonymousError"],
    "a message that is an odd String" => [<<~RUBY, "Function.AnonymousError"],
      raise Class.new(StandardError) { def message = Class.new(String) { %i[encoding to_s to_str dup scrub encode bytesize gsub].each { |it| define_method(it) { |*| raise } } }.new("odd") }
    RUBY
    "a message in truncated UTF-16" => ['raise "\xD8\x00\xD8".dup.force_encoding("UTF-16BE")', "Function.RuntimeError"],
    "a message in UTF-7, which Ruby cannot convert" => ['raise "a+AGE-".dup.force_encoding("UTF-7")', "Function.RuntimeError"],
    "a message in Windows-1252, whose bytes change in UTF-8" => ['raise "\xE9\xFF".dup.force_encoding("Windows-1252")', "Function.RuntimeError"],
    "a message of 100 MB" => ['raise "\u00e9\u0001" * 33_000_000', "Function.RuntimeError"],
    "a message with a receiver that cannot be inspected" => ["raise NameError.new('x', receiver: Class.new { def inspect = raise }.new) { def to_s = receiver.inspect }", "Function.NameError"],
    "a class whose name takes an argument" => ["raise Class.new(StandardError) { def self.name(x) = x }", "Function.AnonymousError"],
    "a class whose name is not a String" => ["raise Class.new(StandardError) { def self.name = BasicObject.new }", "Function.AnonymousError"],
    "a class whose name has no ASCII letters" => ['raise Class.new(StandardError) { def self.name = "\u00e9\r\n1" }', "Function.AnonymousError"],
    "a class with a name of 1 MB" => ['raise Class.new(StandardError) { def self.name = "A" * 1_000_000 }', "Function.#{"A" * 200}"],
    "a class with no methods" => [<<~RUBY, "Function.AnonymousError"],
      raise Class.new(StandardError) { (instance_methods - %i[__send__ __id__ exception backtrace set_backtrace respond_to?]).each { |it| define_method(it) { |*, **| ::Kernel.raise("no \#{it}") } } }
    RUBY
    "an exception that is frozen" => ['raise ArgumentError.new("frozen").freeze', "Function.ArgumentError"],
    "an exception that is its own cause" => [<<~RUBY, "Function.KeyError"],
      raise Class.new(KeyError) { def cause = self; def self.name = "KeyError" }
    RUBY
    "an uncaught throw" => ["throw :done", "Function.UncaughtThrowError"],
    "a stack that is too deep" => ["deep = -> { deep.call + 1 }; deep.call", "Function.SystemStackError"],
    "a fiber that is dead" => ["fiber = Fiber.new {}; fiber.resume; fiber.resume", fiber_error = "Function.FiberError"],
    "a yield outside of a fiber" => ["Fiber.yield", fiber_error],
    "a StopIteration" => ["raise StopIteration", "Function.StopIteration"],
    "an Exception" => ["raise Exception, 'x'", "Function.Exception"],
    "a break from a proc" => ["def made = proc { break }; made.call", "Function.LocalJumpError"],
    "an error of the runtime: Unreachable" => ["raise Lamby::Runtime::Unreachable, 'x'", "Runtime.Unreachable"],
    "an error of the runtime: Refused" => ["raise Lamby::Runtime::Refused, 'x'", "Runtime.Refused"],
    "an error of the runtime: StreamClosed" => ["raise Lamby::Runtime::StreamClosed, 'x'", "Function.LambyRuntimeStreamClosed"],
    "an error of the runtime: Forked" => ["raise Lamby::Runtime::Forked, 'x'", "Function.LambyRuntimeForked"],
    "an error of the runtime: TruncatedEvent" => ["raise Lamby::Runtime::TruncatedEvent.new('x', 'other', nil)", "Runtime.TruncatedEvent"],
    "an error of the runtime: Unconfirmed" => ["raise Lamby::Runtime::Unconfirmed, 'x'", "Runtime.Unconfirmed"]
  }
  # The code of these rows changes the process, for example by closing standard error, so each row has its own process.
  process_rows = {
    "a standard error that is closed" => ["$stderr.close; raise 'x'", "Function.RuntimeError"],
    "a standard error that is a broken pipe" => ["r, w = IO.pipe; $stderr.reopen(w); w.close; r.close; raise 'x'", "Function.RuntimeError"],
    "a standard error that is full" => ['$stderr.reopen("/dev/full", "w"); $stderr.sync = true; raise "x"', "Function.RuntimeError"],
    "a standard error that is another object" => ["$stderr = Class.new { def write(*) = raise(NotImplementedError) }.new; raise 'x'", "Function.RuntimeError"],
    "a working directory that is gone" => ['require "tmpdir"; Dir.chdir(Dir.mktmpdir); Dir.rmdir(Dir.pwd); raise "x"', "Function.RuntimeError"],
    "JSON that is replaced" => ['JSON.singleton_class.prepend(Module.new { def generate(*) = raise("gen") }); raise "x"', "Function.RuntimeError"],
    "to_json that is replaced" => ['class String; def to_json(*) = raise("to_json"); end; class Hash; def to_json(*) = raise("to_json"); end; raise "x"', "Function.RuntimeError"],
    "a list of gem paths that raises" => ["def Gem.path = raise('path'); raise 'x'", "Function.RuntimeError"]
  }
  # After the code of one of these rows, a process that runs one invocation at a time ends. A process that runs several
  # invocations at once goes on, because its other invocations must not fail.
  last_rows = {
    "NoMemoryError" => ["raise NoMemoryError", "Function.NoMemoryError"],
    "an interrupt" => ["raise Interrupt", "Function.Interrupt"],
    "an exit" => ["exit 3", "Function.SystemExit"],
    "an exit with an odd message" => ["raise Class.new(SystemExit) { def message = raise(Interrupt) }", "Function.AnonymousError"],
    "a thread that kills itself" => ["Thread.current.kill", nil]
  }
  app = lambda do |code|
    cases = code.map.with_index { |(body, _), index| "when \"/#{index}\" then begin\n#{body}\nend" }
    <<~RUBY
      require "json"
      require "lamby"
      failing = lambda do |path|
        case path
        #{cases.join("\n")}
        end
      end
      each = Struct.new(:path, :failing) do
        def each
          yield "some"
          failing.call(path)
        end
      end
      Lamby.config.rack_app = lambda do |env|
        path = env["PATH_INFO"]
        headers = { "content-type" => "text/plain" }
        next [200, headers, ["well"]] if path == "/well"
        next [200, headers, each.new(path, failing)] if env["QUERY_STRING"] == "body"

        failing.call(path)
      end
    RUBY
  end

  # The keys are ways to respond. Each value has the process's environment variables and the requests' query string.
  ways = {
    "buffered" => [{}, ""],
    "streamed, before the first chunk" => [{ "LAMBY_INVOKE_MODE" => "response_stream" }, ""],
    "streamed, after the first chunk" => [{ "LAMBY_INVOKE_MODE" => "response_stream" }, "body"]
  }
  ways.merge!(ways.transform_keys { |name| "#{name}, two at once" }.transform_values { |env, query| [env.merge("LAMBY_CONCURRENCY" => "2"), query] })
  ways.merge!("buffered, with logs in JSON" => [{ "AWS_LAMBDA_LOG_FORMAT" => "JSON" }, ""])

  def start(code, environment)
    @process = RuntimeProcess.new(@api, "#{code}Lamby.config.workers = 1\n", environment: environment)
  end

  def invoke(path, query)
    @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: path, query: query)))
  end

  # Returns the error that Lambda gets, from a separate report or from the trailers of a streamed response.
  def report(invocation)
    answer = invocation.wait
    type, body = answer.trailers.values_at("lambda-runtime-function-error-type", "lambda-runtime-function-error-body")
    body = body ? body.unpack1("m") : answer.body
    type ||= answer.headers["lambda-runtime-function-error-type"]
    cause = answer.headers["lambda-runtime-function-xray-error-cause"]
    JSON.parse(cause) if cause
    [type, JSON.parse(body)]
  end

  def expect_report(what, invocation, expected)
    type, body = report(invocation)
    expect(type).to match(/\A(Function|Runtime)\.[A-Z][A-Za-z]*\z/), what
    expect(type).to eq(expected), "#{what}: #{type}" if expected
    expect(body).to match("errorType" => type, "errorMessage" => String, "stackTrace" => all(be_a(String))), what
    expect(invocation.answers.size).to eq(1), what
  end

  ways.each do |way, (environment, query)|
    it "is sent for each kind of exception, and the next invocation is handled: #{way}" do
      start(app.call(rows.values), environment)
      rows.each_with_index { |(what, (_, type)), index| expect_report(what, invoke("/#{index}", query), type) }
      expect(invoke("/well", "").wait.body).to include("well")
      expect(@process.log.scan('"errorType":').size).to eq(rows.size)
    end

    next unless ["buffered", "streamed, after the first chunk, two at once", "buffered, with logs in JSON"].include?(way)

    process_rows.each do |what, row|
      it "is sent despite #{what}, and the next invocation is handled: #{way}" do
        start(app.call([row]), environment)
        2.times { expect_report(what, invoke("/0", query), nil) }
        expect(invoke("/well", "").wait.body).to include("well")
      end
    end

    it "is sent before the process ends: #{way}" do
      last_rows.each_value do |row|
        start(app.call([row]), environment)
        expect_report(row.first, invoke("/0", query), row.last)
        if environment["LAMBY_CONCURRENCY"]
          expect(invoke("/well", "").wait.body).to include("well")
        else
          @process.wait
        end
        @process.stop
      end
    end
  end

  it "is sent before the error is logged, because writing the log may block" do
    reader, writer = IO.pipe
    @process = RuntimeProcess.new(@api, app.call([['$stderr.reopen(IO.for_fd(9)); raise "x" * 100_000', nil]]), redirect: { 9 => writer })
    writer.close
    # The message is longer than the 64 KB that the pipe buffers, and nothing reads the pipe yet.
    expect(report(invoke("/0", "")).first).to eq("Function.RuntimeError")
    expect(reader.gets).to include("Function.RuntimeError")
  end

  it "is logged as JSON even if the application has replaced JSON.generate" do
    start(app.call([process_rows.fetch("JSON that is replaced")]), "AWS_LAMBDA_LOG_FORMAT" => "JSON")
    report(invoke("/0", ""))
    expect(invoke("/well", "").wait.body).to include("well")
    expect(JSON.parse(@process.log.lines.first)).to include("errorType" => "Function.RuntimeError", "errorMessage" => "x")
  end

  it "is sent before the process ends, even if SIGTERM arrives while the exception builds its message" do
    code = 'raise Class.new(StandardError) { def message = $stderr.puts("describing") || sleep }'
    start(app.call([[code, nil]]), {})
    invocation = invoke("/0", "")
    until_log("describing")
    @process.kill("TERM")
    expect(report(invocation).first).to eq("Function.AnonymousError")
    expect(@process.wait.exitstatus).to eq(0)
  end

  it "is not sent if a callback raises an Exception after the response was sent; the process goes on" do
    start(<<~RUBY, {})
      require "lamby"
      Lamby.config.rack_app = lambda do |env|
        env["rack.response_finished"] << ->(*) { $stderr.close if env["PATH_INFO"] == "/close"; raise Exception, "after" }
        [200, {}, ["well"]]
      end
    RUBY
    ["/", "/close", "/"].each { |path| expect(invoke(path, "").wait.body).to include("well") }
    until_log("after")
  end
end
