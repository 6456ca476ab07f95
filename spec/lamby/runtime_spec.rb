# frozen_string_literal: true

# `lamby runtime` as Lambda runs it: a process, and a Runtime API that it asks.
RSpec.describe Lamby::Runtime do
  include_context "with a Runtime API"

  # An application of what is in the Hash for a path.
  rack_app = <<~'RUBY'
    require "json"
    require "lamby"
    PARSED = []
    JSON.singleton_class.prepend(Module.new { def parse(source, *) = PARSED.push(source) && super })
    Lamby.config.rack_app = lambda do |env|
      text = ->(it) { [200, { "content-type" => "text/plain" }, [it.to_s]] }
      case env["PATH_INFO"]
      when "/context"
        context = env["lambda.context"]
        names = %w[aws_request_id deadline_ms invoked_function_arn trace_id tenant_id function_name function_version
                   memory_limit_in_mb log_group_name log_stream_name client_context identity]
        text.(JSON.generate(names.to_h { |name| [name, context.public_send(name)] }
          .merge("remaining" => context.get_remaining_time_in_millis, "env" => ENV["_X_AMZN_TRACE_ID"])))
      when "/parsed" then text.(PARSED.size)
      when "/echo" then [200, { "content-type" => "application/octet-stream" }, [env["rack.input"].read]]
      when "/raise" then raise ArgumentError, "no caf\u00E9"
      when "/bytes" then raise "\xFF\xFE".b
      when "/anonymous" then raise Class.new(StandardError), "nameless"
      when "/not-implemented" then raise NotImplementedError, "later"
      when "/deep" then (deep = -> { deep.call + 1 }).call
      when "/exit" then exit 3
      when "/abort" then abort "enough"
      when "/no-memory" then raise NoMemoryError, "failed to allocate memory"
      when "/exception" then raise Class.new(Exception) { def self.name = "Shop::Closed2" }, "closed"
      when "/thread" then Thread.current.kill
      when "/closed" # Answers when the other side has closed the connection: CLOSE_WAIT is state 8.
        port = format("%04X", ENV.fetch("AWS_LAMBDA_RUNTIME_API")[/\d+\z/].to_i)
        sleep 0.001 until File.read("/proc/self/net/tcp").match?(/0100007F:#{port} 08 /)
        text.("hello")
      when "/late" then $stderr.puts("handling"); sleep
      when "/after"
        env["rack.after_reply"] << -> { $stderr.puts "after_reply 1" }
        env["rack.after_reply"] << -> { raise NotImplementedError, "oops" }
        env["rack.response_finished"] << ->(_, status, _, error) { $stderr.puts "finished 1: #{status} #{error.inspect}" }
        env["rack.response_finished"] << ->(*) { sleep 0.3; $stderr.puts "finished 2" }
        text.("answered")
      else text.("hello")
      end
    end
  RUBY

  def start(code, **options)
    @process = RuntimeProcess.new(@api, code, **options)
  end

  def invoke(path, headers: {}, **request)
    @api.invoke(JSON.generate(http_event(path: path, **request)), headers)
  end

  # What the application answered.
  def get(path, **options)
    answer = invoke(path, **options).wait
    expect(answer).to have_attributes(kind: :response)
    JSON.parse(answer.body)["body"]
  end

  def failure(path, **options)
    answer = invoke(path, **options).wait
    expect(answer).to have_attributes(kind: :error)
    expect(answer.headers["lambda-runtime-function-error-type"]).to eq(JSON.parse(answer.body)["errorType"])
    JSON.parse(answer.body)
  end

  describe "invocations" do
    before { start(rack_app) }

    it "are answered one after the other, over one connection" do
      3.times { expect(get("/")).to eq("hello") }
      expect(@api.connections).to eq(1)
      expect(@api.exchanges.map { |it| "#{it.method} #{it.path[/\w+\z/]}" }.first(6)).to eq(["GET next", "POST response"] * 3)
    end

    it "cross as bytes: nothing in the process parses one" do
      get("/")
      expect(get("/parsed")).to eq("0")
    end

    it "take and give 4 MB byte for byte" do
      bytes = Random.new(1).bytes(4_000_000)
      event = http_event(method: "POST", path: "/echo", body: [bytes].pack("m0"), isBase64Encoded: true)
      expect(JSON.parse(@api.invoke(JSON.generate(event)).wait.body)["body"].unpack1("m")).to eq(bytes)
    end

    it "are answered with JSON, by a client that says who it is" do
      headers = invoke("/").wait.headers
      expect(headers).to include("content-type" => "application/json", "user-agent" => %r{\Alamby/\d\S* ruby/\d})
      expect(headers).not_to include("lambda-runtime-invocation-id")
    end

    it "have their invocation id sent back, with an answer and with an error" do
      headers = { "Lambda-Runtime-Invocation-Id" => "5-of-5" }
      %w[/ /raise].each do |path|
        expect(invoke(path, headers: headers).wait.headers).to include("lambda-runtime-invocation-id" => "5-of-5")
      end
    end

    it "have a request id that cannot break out of its path" do
      invocation = invoke("/", headers: { "Lambda-Runtime-Aws-Request-Id" => "a/../b?c" })
      wait_until { @api.exchanges.size > 1 }
      expect(@api.exchanges[1].path).to eq("/invocation/a%2F..%2Fb%3Fc/response")
      expect(invocation.answers).to be_empty
    end

    it "are found where the Runtime API is behind a path" do
      @process.stop
      @api.close
      @api = Lamby::Local::RuntimeAPI.new(prefix: "/proxy")
      start(rack_app)
      expect(get("/")).to eq("hello")
    end
  end

  describe "the context" do
    it "answers all that AWS's does, and the trace id" do
      start(rack_app, environment: {
              "AWS_LAMBDA_FUNCTION_NAME" => "shop", "AWS_LAMBDA_FUNCTION_VERSION" => "7", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "1792",
              "AWS_LAMBDA_LOG_GROUP_NAME" => "/aws/lambda/shop", "AWS_LAMBDA_LOG_STREAM_NAME" => "2026/11/23/[7]ab"
            })
      context = JSON.parse(get("/context", headers: {
                                 "Lambda-Runtime-Aws-Request-Id" => "id-1", "Lambda-Runtime-Trace-Id" => "Root=1-5bef4de7;Sampled=1",
                                 "Lambda-Runtime-Client-Context" => '{"client":{"app_title":"x"}}', "Lambda-Runtime-Aws-Tenant-Id" => "blue",
                                 "Lambda-Runtime-Cognito-Identity" => '{"cognitoIdentityId":"i"}'
                               }))
      expect(context).to include(
        "aws_request_id" => "id-1", "trace_id" => "Root=1-5bef4de7;Sampled=1", "env" => "Root=1-5bef4de7;Sampled=1", "tenant_id" => "blue",
        "invoked_function_arn" => "arn:aws:lambda:us-east-1:123456789012:function:function",
        "function_name" => "shop", "function_version" => "7", "memory_limit_in_mb" => "1792",
        "log_group_name" => "/aws/lambda/shop", "log_stream_name" => "2026/11/23/[7]ab",
        "client_context" => { "client" => { "app_title" => "x" } }, "identity" => { "cognitoIdentityId" => "i" },
        "deadline_ms" => be_within(40_000).of(Time.now.to_f * 1000), "remaining" => be_between(1_000, 30_000)
      )
      # A trace is of one invocation.
      expect(JSON.parse(get("/context"))).to include("trace_id" => nil, "env" => nil, "client_context" => nil, "tenant_id" => nil)
    end

    it "has no time left after the deadline" do
      start(rack_app)
      expect(JSON.parse(get("/context", headers: { "Lambda-Runtime-Deadline-Ms" => "1000" }))).to include("remaining" => 0)
    end
  end

  describe "a handler that is not Lamby.cmd" do
    code = <<~'RUBY'
      require "stringio"
      def top(event:, context:) = { "got" => event, "id" => context.aws_request_id }
      module Shop
        class Orders
          def self.process(event:, context:)
            case event["want"]
            when "io" then StringIO.new("raw \xFF bytes".b)
            when "nil" then nil
            when "text" then "text"
            else event.fetch("missing")
            end
          end
        end
      end
    RUBY

    it "gets a Hash and its answer becomes JSON" do
      start(code, handler: "app.top")
      invocation = @api.invoke('{"a":[1,"é"]}')
      expect(JSON.parse(invocation.wait.body)).to eq("got" => { "a" => [1, "é"] }, "id" => invocation.request_id)
    end

    it "may be in a namespace, and may return what AWS's client takes" do
      start(code, handler: "app.Shop::Orders.process")
      bodies = %w[io nil text].map { |want| @api.invoke(JSON.generate(want: want)).wait.body }
      expect(bodies).to eq(["raw \xFF bytes".b, "null", '"text"'])
      expect(JSON.parse(@api.invoke("{}").wait.body)).to include("errorType" => "Function.KeyError", "errorMessage" => "key not found: \"missing\"")
    end

    it "fails the invocation where the event is not JSON" do
      start(code, handler: "app.top")
      expect(JSON.parse(@api.invoke("{").wait.body)).to include("errorType" => "Function.JSONParserError")
      expect(@api.invoke("{}").wait.kind).to eq(:response)
    end

    it "may be named on the command line" do
      start(code, handler: "nothing.here", arguments: ["app.top"])
      expect(@api.invoke("{}").wait.kind).to eq(:response)
    end
  end

  describe "an invocation that fails" do
    before { start(rack_app) }

    it "is reported with type, message and trace, as Lambda reads them, and the next one is answered" do
      answer = invoke("/raise").wait
      expect(JSON.parse(answer.body)).to include(
        "errorType" => "Function.ArgumentError", "errorMessage" => "no café", "stackTrace" => include(/app\.rb:\d+:in/)
      )
      cause = JSON.parse(answer.headers["lambda-runtime-function-xray-error-cause"])
      expect(cause).to include("working_directory" => File.realpath(@process.folder))
      expect(cause["exceptions"].first).to include("type" => "Function.ArgumentError", "message" => "no café")
      expect(cause["exceptions"].first["stack"].first).to include("path" => /app\.rb/, "line" => Integer)
      expect(get("/")).to eq("hello")
      until_log('"errorType":"Function.ArgumentError"')
    end

    {
      "/bytes" => "Function.RuntimeError", "/anonymous" => "Function.AnonymousError", "/not-implemented" => "Function.NotImplementedError",
      "/deep" => "Function.SystemStackError", "/exception" => "Function.ShopClosed"
    }.each do |path, type|
      it "has a type of Lambda's grammar, and the loop goes on: #{path}" do
        expect(failure(path)["errorType"]).to eq(type).and match(/\A(Runtime|Function)\.[A-Z][a-zA-Z]+\z/)
        expect(get("/")).to eq("hello")
      end
    end

    it "is reported where nobody handles the event" do
      expect(JSON.parse(@api.invoke('{"Records":[{"eventSource":"aws:sqs"}]}').wait.body)).to include("errorType" => "Function.LambyUnhandledEvent")
    end

    { "/exit" => ["Function.SystemExit", 3], "/abort" => ["Function.SystemExit", 1], "/no-memory" => ["Function.NoMemoryError", 1] }.each do |path, (type, status)|
      it "is reported before the process ends: #{path}" do
        expect(failure(path)["errorType"]).to eq(type)
        expect(@process.wait.exitstatus).to eq(status)
      end
    end

    it "is reported where the handler ends its own thread, which is the process's first" do
      expect(failure("/thread")["errorType"]).to eq("Function.SystemExit")
    end
  end

  describe "an initialization that fails" do
    {
      "a raising initializer" => ["raise KeyError, 'no DATABASE_URL'", "app.Lamby.cmd", "Function.KeyError", "no DATABASE_URL"],
      "a syntax error" => ["def (", "app.Lamby.cmd", "Runtime.UserCodeSyntaxError", /app\.rb:1/],
      "a file that cannot be loaded" => ["require 'no/such/gem'", "app.Lamby.cmd", "Runtime.ImportModuleError", %r{no/such/gem}],
      "a file that is not there" => ["", "other.Lamby.cmd", "Runtime.HandlerNotFound", /other\.rb/],
      "a method that is not there" => ["", "app.nothing", "Runtime.HandlerNotFound", /nothing/],
      "a class that is not there" => ["", "app.Nothing.call", "Runtime.HandlerNotFound", /Nothing/],
      "a name that is none" => ["", "app", "Runtime.HandlerNotFound", /FILE\.METHOD/],
      "an exit" => ["exit", "app.Lamby.cmd", "Runtime.ExitError", /exit/]
    }.each do |what, (code, handler, type, message)|
      it "is reported once, and ends the process: #{what}" do
        start(code, handler: handler)
        error = initialization_error
        expect(error.headers).to include("lambda-runtime-function-error-type" => type)
        expect(JSON.parse(error.body)).to include("errorType" => type, "errorMessage" => match(message), "stackTrace" => Array)
        expect(@process.wait.exitstatus).to eq(1)
        expect(@api.exchanges.map(&:path)).to eq(["/init/error"])
      end
    end

    it "says what is missing where it was not started by Lambda" do
      start("", environment: { "AWS_LAMBDA_RUNTIME_API" => nil })
      expect(@process.wait.exitstatus).to eq(2)
      until_log("the runtime needs AWS_LAMBDA_RUNTIME_API", "lamby invoke")
    end
  end

  describe "what the Runtime API says" do
    before { start(rack_app) unless RSpec.current_example.metadata[:before_start] }

    it "413: the invocation has failed, and the loop goes on" do
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(413, {}, "too large") }
      invoke("/")
      expect(get("/")).to eq("hello")
      until_log(/\[ERROR\] RequestId: \S+ lamby: the response was refused, as it is larger than Lambda takes.*too large/)
    end

    it "410: it came too late, and the loop goes on" do
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(410) }
      invoke("/")
      expect(get("/")).to eq("hello")
      until_log(/\[WARN\] RequestId: \S+ lamby: the response came too late/)
    end

    [400, 403].each do |status|
      it "#{status}: it is logged, and the loop goes on" do
        @api.fault(%r{/response\z}) { |exchange| exchange.reply(status, {}, "State transition is not allowed") }
        invoke("/")
        expect(get("/")).to eq("hello")
        until_log("the response was refused with #{status}: State transition is not allowed")
      end
    end

    it "500: the process ends" do
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(500, {}, "container error") }
      invoke("/")
      expect(@process.wait.exitstatus).to eq(1)
      until_log(/\[FATAL\] lamby: the Runtime API answered 500 to the response of \S+: container error/)
    end

    [400, 403, 500].each do |status|
      it "#{status} to the question for an invocation: the process ends", :before_start do
        @api.fault("/invocation/next") { |exchange| exchange.reply(status, {}, "state") }
        start(rack_app)
        expect(@process.wait.exitstatus).to eq(1)
        until_log(%r{\[FATAL\] lamby: /2018-06-01/runtime/invocation/next: the Runtime API answered #{status}: state})
      end
    end
  end

  describe "faults of the Runtime API" do
    # As many answers as invocations, and each its own.
    def expect_each_answered_once(invocations)
      invocations.each(&:wait)
      expect(invocations.map { |it| it.answers.size }).to all(eq(1))
    end

    it "a connection that is closed after every answer, announced or not, costs no invocation" do
      start(rack_app)
      @api.fault("/invocation/next", times: 3) do |exchange|
        @api.send(:hand_over, exchange)
        exchange.close
      end
      @api.fault(%r{/response\z}, times: 3) do |exchange|
        @api.send(:take, exchange, exchange.path[%r{/invocation/([^/]+)}, 1], :response)
        exchange.close
      end
      expect_each_answered_once(%w[/closed /closed /closed / / /].map { |path| invoke(path).tap(&:wait) })
      expect(@api.connections).to be >= 3
    end

    it "a question that is reset, or answered by half a head, is asked again" do
      start(rack_app)
      @api.fault("/invocation/next", &:reset)
      @api.fault("/invocation/next") { |exchange| exchange.socket.write("HTTP/1.1 200 OK\r\nLambda-Runt") && exchange.close }
      expect_each_answered_once(Array.new(3) { invoke("/") })
    end

    # Of an event of so many bytes.
    def hand_out_the_beginning(of:)
      @api.fault("/invocation/next") do |exchange|
        invocation = @api.instance_variable_get(:@pending).pop
        head = invocation.headers.map { |name, value| "#{name}: #{value}\r\n" }.join
        exchange.socket.write("HTTP/1.1 200 OK\r\n#{head}Content-Length: #{of}\r\n\r\n{\"version\"")
        yield exchange
      end
    end

    it "an event that breaks off fails its invocation by name, and the next is answered" do
      start(rack_app)
      hand_out_the_beginning(of: 1000, &:reset)
      lost = invoke("/")
      expect(get("/")).to eq("hello")
      expect(lost.wait).to have_attributes(kind: :error)
      expect(JSON.parse(lost.answers.first.body)).to include("errorType" => "Runtime.TruncatedEvent")
      expect_each_answered_once([lost])
    end

    it "an event that there is no memory for fails its invocation by name, and the next is answered" do
      start(rack_app)
      hand_out_the_beginning(of: 1 << 46, &:close)
      lost = invoke("/")
      expect(JSON.parse(lost.wait.body)).to include("errorType" => "Runtime.TruncatedEvent", "errorMessage" => end_with("did not arrive whole: out of memory"))
      expect(get("/")).to eq("hello")
      expect_each_answered_once([lost])
    end

    it "a response is sent again if its connection broke before it was confirmed; the Runtime API refuses a second one" do
      start(rack_app)
      @api.fault(%r{/response\z}, &:reset) # It was read, and got lost.
      expect(get("/")).to eq("hello")
      @api.fault(%r{/response\z}) do |exchange|
        @api.send(:take, exchange.dup.tap { |it| def it.reply(*) = nil }, exchange.path[%r{/invocation/([^/]+)}, 1], :response)
        exchange.reset
      end
      first = invoke("/")
      expect(get("/")).to eq("hello")
      expect(first.answers.map(&:body).uniq.size).to eq(1)
      expect(first.answers.size).to eq(2)
      until_log("#{first.request_id} lamby: the response was refused with 400: the Runtime API has a response already")
    end

    it "an event that comes byte by byte, or in chunks, arrives" do
      start(rack_app)
      %i[bytes chunks].each do |how|
        @api.fault("/invocation/next") do |exchange|
          invocation = @api.instance_variable_get(:@pending).pop
          head = invocation.headers.map { |name, value| "#{name}: #{value}\r\n" }.join
          if how == :bytes
            text = "HTTP/1.1 200 OK\r\n#{head}Content-Length: #{invocation.event.bytesize}\r\n\r\n#{invocation.event}"
            text.each_char { |char| exchange.socket.write(char) }
          else
            chunks = invocation.event.scan(/.{1,7}/m).map { |chunk| "#{chunk.bytesize.to_s(16)}\r\n#{chunk}\r\n" }
            exchange.socket.write("HTTP/1.1 200 OK\r\n#{head}Transfer-Encoding: chunked\r\n\r\n#{chunks.join}0\r\n\r\n")
          end
        end
      end
      expect_each_answered_once(Array.new(4) { invoke("/").tap(&:wait) })
    end

    it "ends the process where nobody is there, and says so" do
      @api.close
      start(rack_app)
      expect(@process.wait.exitstatus).to eq(1)
      until_log(/\[FATAL\] lamby: .*the connection to the Runtime API at 127\.0\.0\.1:\d+ failed: Connection refused/)
    end
  end

  describe "signals" do
    hooks = <<~RUBY
      at_exit { $stderr.puts "at_exit" }
      Lamby.config.on_shutdown { $stderr.puts "hook 1" }
      Lamby.config.on_shutdown { raise "oops" }
      Lamby.config.on_shutdown { $stderr.puts "hook 3" }
    RUBY

    %w[TERM INT].each do |signal|
      it "SIG#{signal} ends the wait at once, runs the hooks and at_exit, and exits with 0" do
        start(rack_app + hooks)
        expect(get("/")).to eq("hello")
        wait_until { @api.exchanges.count { |it| it.path == "/invocation/next" } == 2 }
        @process.kill(signal)
        expect(@process.wait.exitstatus).to eq(0)
        expect(@process.log.scan(/^hook \d|^at_exit|on_shutdown: .*oops/)).to match(["hook 1", /oops/, "hook 3", "at_exit"])
      end
    end

    it "a second one does not cut the hooks short" do
      start("#{rack_app}Lamby.config.on_shutdown { $stderr.puts 'begun'; sleep 0.3; $stderr.puts 'ended' }\n")
      expect(get("/")).to eq("hello")
      @process.kill("TERM")
      until_log("begun")
      @process.kill("TERM")
      expect(@process.wait.exitstatus).to eq(0)
      until_log("ended")
    end

    it "an invocation that runs when the process is asked to end is reported" do
      start(rack_app)
      invocation = invoke("/late")
      until_log("handling")
      @process.kill("TERM")
      expect(invocation.wait).to have_attributes(kind: :error)
      expect(@process.wait.exitstatus).to eq(0)
    end

    it "an extension is registered only where a hook asks for it, and before the first question" do
      start(rack_app + hooks)
      expect(get("/")).to eq("hello")
      expect(@api.exchanges.first).to have_attributes(path: "/extension/register", body: '{"events":[]}')
      expect(@api.exchanges.first.headers).to include("lambda-extension-name" => "lamby")
      @process.stop

      before = @api.exchanges.size
      start(rack_app)
      expect(get("/")).to eq("hello")
      expect(@api.exchanges.drop(before).map(&:path)).not_to include(/extension/)
    end

    it "an extension that Lambda refuses is logged, and invocations are answered" do
      @api.fault("/extension/register") { |exchange| exchange.reply(403, {}, "closed already") }
      start(rack_app + hooks)
      expect(get("/")).to eq("hello")
      until_log(/\[WARN\] lamby: on_shutdown hooks will not run.*403: closed already/)
    end

    it "none is trapped by require" do
      code = <<~RUBY
        traps = -> { %w[TERM INT QUIT HUP].map { |name| trap(name, "DEFAULT").tap { |old| trap(name, old || "DEFAULT") }.to_s } }
        before = traps.call
        require "lamby"
        Lamby::Runtime
        puts before == traps.call
      RUBY
      expect(IO.popen([RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "-e", code], &:read)).to eq("true\n")
    end
  end

  describe "work after the response" do
    it "is done when the response was delivered, in the servers' order, and before the next invocation is asked for" do
      start(rack_app)
      after = invoke("/after")
      expect(JSON.parse(after.wait.body)["body"]).to eq("answered")
      expect(@process.log).not_to include("finished 1")
      expect(@api.exchanges.count { |it| it.path == "/invocation/next" }).to eq(1)
      expect(get("/")).to eq("hello")
      expect(@process.log.scan(/^after_reply 1|oops|^finished \d.*/)).to eq(["after_reply 1", "oops", "finished 2", "finished 1: 200 nil"])
    end
  end
end
