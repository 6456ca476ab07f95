# frozen_string_literal: true

require "open3"
require "tmpdir"
require_relative "../support/lib_lamby"

# bin/test builds the library and installs the Python packages. LAMBY_SPEC_WITHOUT=python leaves these examples out.
RSpec.describe "The example in Python", :slow, :capi, :python do
  folder = File.expand_path("../../examples/python", __dir__)
  python = File.join(ENV.fetch("XDG_CACHE_HOME") { File.join(Dir.home, ".cache") }, "lamby/python/bin/python")
  environment = { "LIBLAMBY" => LibLamby::FILE, "PYTHONPATH" => folder, "PYTHONDONTWRITEBYTECODE" => "1" }

  before(:all) { Requirements.met?("Python's environment with Flask and Django", "python", "bin/test --slow") { File.exist?(File.join(File.dirname(python, 2), "complete")) } }

  Dir[File.join(folder, "tests/test_*.py")].each do |file|
    it "passes #{File.basename(file)}" do
      output, status = Open3.capture2e(environment, python, "-W", "error", "-m", "unittest", "tests.#{File.basename(file, ".py")}", chdir: folder)
      expect(status).to be_success, output
      expect(output).to match(/^Ran \d+ tests/)
    end
  end

  it "does what is expected in each case in which it is compared with other adapters" do
    output, status = Open3.capture2e(environment, python, "compare.py", "behaviour", chdir: folder)
    expect(status).to be_success, output
    expect(output.scan(/^\| (?:HTTP API|REST API|load balancer): .+? \| .+? \| as expected \|/).size).to be > 15
  end

  # Runs the function against the Runtime API of the example.
  describe "as a runtime" do
    include_context "with a Runtime API"

    process = Struct.new(:pid, :output) do
      def log = File.read(output.path, encoding: "UTF-8")
      def status = @status ||= Process.wait2(pid).last
      def ended? = !(@status ||= Process.wait2(pid, Process::WNOHANG)&.last).nil?

      def stop
        Process.kill("KILL", pid) && status unless ended?
      end
    end

    define_method(:start) do |application = "tests.outcomes:application", arguments: %w[--events tests.outcomes:handle], **variables|
      output = Tempfile.new("python")
      variables = environment.merge({ "AWS_LAMBDA_RUNTIME_API" => @api.address }, variables.transform_keys(&:to_s))
      pid = Process.spawn(variables, python, "-m", "lamby_wsgi", application, *arguments, chdir: folder, in: File::NULL, out: output, err: output)
      @process = process.new(pid, output)
    end

    def start_streaming = start(LAMBY_INVOKE_MODE: "response_stream")

    def event(path, integration: :function_url, **request)
      JSON.generate(HTTPEvents.build(integration, path: path, **request))
    end

    def invoke(path, headers: {}, **request) = @api.invoke(event(path, **request), headers)
    def page(path, **request) = JSON.parse(invoke(path, **request).wait.body)
    def until_log(text) = wait_until("#{text} in the log") { @process.log.include?(text) }

    # Returns the type and the message of the error report.
    def failure(answer)
      expect(answer.kind).to eq(:error)
      report = JSON.parse(answer.body)
      expect(report["errorType"]).to eq(answer.headers["lambda-runtime-function-error-type"])
      [report["errorType"], report["errorMessage"]]
    end

    # Splits a streamed response into its prelude and its body.
    def parts(answer)
      expect(answer.headers["lambda-runtime-function-response-mode"]).to eq("streaming")
      prelude, body = answer.body.split("\0" * 8, 2)
      [JSON.parse(prelude), body]
    end

    def error_in_trailers(answer)
      type = answer.trailers["lambda-runtime-function-error-type"]
      [type, JSON.parse(answer.trailers["lambda-runtime-function-error-body"].unpack1("m0"))["errorMessage"]]
    end

    HTTPEvents::INTEGRATIONS.each do |integration|
      it "answers #{integration}" do
        start
        payload = invoke("/echo", integration: integration, method: "POST", body: "\0\xff".b, base64: true).wait.body
        expect(HTTPResponses.read(integration, payload)).to have_attributes(status: 200, body: "\0\xff".b)
        expect(page("/parts", integration: integration)["body"]).to eq("one two three")
      end
    end

    it "gives the application the invocation" do
      start
      headers = { "Lambda-Runtime-Aws-Request-Id" => "id", "Lambda-Runtime-Deadline-Ms" => "5", "Lambda-Runtime-Trace-Id" => "Root=1",
                  "Lambda-Runtime-Invoked-Function-Arn" => "arn", "Lambda-Runtime-Client-Context" => "{}",
                  "Lambda-Runtime-Cognito-Identity" => "[]", "Lambda-Runtime-Aws-Tenant-Id" => "t" }
      expect(page("/context", headers: headers)["body"]).to eq("('id', 5, 'arn', 'Root=1', '{}', '[]', 't') Root=1")
    end

    it "answers events that are not HTTP, and reports the errors of their function" do
      start
      expect(@api.invoke('{"Records":[{"eventSource":"aws:sqs"}]}').wait.body).to eq('{"source": "sqs", "keys": ["Records"]}')
      expect(failure(@api.invoke('{"fail":true}').wait)).to eq(["Function.LookupError", "not found"])
    end

    it "names the sender of an event that is not HTTP, if there is no function for such events" do
      start(arguments: [])
      expect(failure(@api.invoke('{"Records":[{"eventSource":"aws:sqs"}]}').wait))
        .to match(["Function.UnhandledEvent", /an Amazon SQS batch.*Its sender is sqs;/])
    end

    it "reports errors with their place, logs them, closes the body, and goes on" do
      start
      answer = invoke("/fails").wait
      expect(failure(answer)).to eq(["Function.ZeroDivisionError", "no café \\udcff"])
      expect(JSON.parse(answer.body)["stackTrace"].join).to include("outcomes.py", "in fails")
      expect(failure(invoke("/breaks").wait)).to eq(["Function.KeyError", "'broken'"])
      expect(failure(invoke("/violates").wait)).to match(["Function.InvalidResponse", /the header \('X-A', 'b\\x00c'\)/])
      expect(failure(invoke("/large").wait)).to match(["Function.ResponseTooLarge", /more than the/])
      expect(page("/hello")["body"]).to eq("hello")
      expect(@process.log).to include("ZeroDivisionError: no café \\udcff", "in fails", "KeyError: 'broken'")
      expect(@process.log.scan("closed").size).to eq(3)
    end

    { "/exits" => ["Function.SystemExit", 3], "/interrupt" => ["Function.KeyboardInterrupt", nil] }.each do |path, (type, status)|
      it "reports #{type} as the invocation's error, and ends" do
        start
        expect(failure(invoke(path).wait).first).to eq(type)
        expect(@process.status.exitstatus).to eq(status)
      end
    end

    it "ends at once when SIGTERM arrives between two invocations" do
      start
      page("/hello")
      wait_until("the next poll") { @api.exchanges.last.path == "/invocation/next" }
      Process.kill("TERM", @process.pid)
      expect(@process.status.exitstatus).to eq(0)
    end

    it "finishes the invocation in flight, and ends, when SIGTERM arrives" do
      start
      invocation = invoke("/slow")
      until_log("handling")
      Process.kill("TERM", @process.pid)
      expect(JSON.parse(invocation.wait.body)["body"]).to eq("slow")
      expect(@process.status.exitstatus).to eq(0)
      @process = nil
      start
      expect(page("/terminate")["body"]).to eq("the last one")
      expect(@process.status.exitstatus).to eq(0)
      expect(@api.exchanges.count { |exchange| exchange.path == "/invocation/next" }).to eq(2)
    end

    # The signal may arrive at any moment, also just before the library begins to wait.
    it "ends whenever SIGTERM arrives" do
      10.times do |round|
        start
        page("/hello")
        sleep(round * 0.0003)
        Process.kill("TERM", @process.pid)
        wait_until("the end") { @process.ended? }
        expect(@process.status.exitstatus).to eq(0)
      end
    end

    it "reports an application that cannot be loaded, and ends" do
      { "missing:application" => "Function.ModuleNotFoundError", "app:missing" => "Function.AttributeError" }.each do |name, type|
        start(name)
        expect(failure(@api.failures.pop).first).to eq(type)
        expect(@process.status.exitstatus).to eq(1)
      end
    end

    it "says what is missing without a Runtime API" do
      start(AWS_LAMBDA_RUNTIME_API: nil)
      expect(@process.status.exitstatus).to eq(1)
      expect(@process.log).to match(/AWS_LAMBDA_RUNTIME_API is not set/)
    end

    it "retries the poll and the response, and logs a response that is refused" do
      @api.fault("/invocation/next", times: 2) { |exchange| exchange.socket.close }
      start
      expect(page("/hello")["body"]).to eq("hello")
      @api.fault(%r{/response\z}, times: 2) { |exchange| exchange.socket.close }
      expect(page("/hello")["body"]).to eq("hello")
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(413, {}, "too large") }
      @api.invoke(event("/hello"))
      expect(page("/hello")["body"]).to eq("hello")
      expect(@process.log).to match(/^lamby_wsgi: the Runtime API answered 413: too large \(request \S+\)$/)
    end

    it "reports an event that arrives only in part, and goes on" do
      @api.fault("/invocation/next") do |exchange|
        invocation = @api.take_next
        exchange.socket.write("#{reply_head(invocation)}Content-Length: 100\r\n\r\n{")
        exchange.socket.close
      end
      start
      expect(failure(invoke("/hello").wait).first).to eq("Function.TruncatedEvent")
      expect(page("/hello")["body"]).to eq("hello")
    end

    describe "with streams" do
      it "sends each part at once, with Function URLs and REST APIs" do
        start_streaming
        %i[function_url rest_api].each do |integration|
          invocation = invoke("/parts", integration: integration)
          prelude, body = parts(invocation.wait)
          expect([prelude["statusCode"], body]).to eq([200, "one two three"])
          expect(prelude.to_s).to include("a=1")
          chunks = Array.new(invocation.chunks.size) { invocation.chunks.pop }
          expect(chunks.last(3)).to eq(["one ", "two ", "three"])
        end
        expect(parts(invoke("/write").wait).last).to eq("one two")
        expect(@process.log).to eq("closed\n" * 2)
      end

      it "answers the other integrations in one piece" do
        start_streaming
        (HTTPEvents::INTEGRATIONS - %i[function_url rest_api]).each do |integration|
          expect(page("/parts", integration: integration)["body"]).to eq("one two three")
        end
      end

      it "sends no body for HEAD, not even an endless one" do
        start_streaming
        expect(parts(invoke("/endless", method: "HEAD").wait).last).to eq("")
        until_log("closed")
      end

      it "reports an error before the first byte as the invocation's error, and a later one in the trailers" do
        start_streaming
        expect(failure(invoke("/fails").wait).first).to eq("Function.ZeroDivisionError")
        answer = invoke("/breaks").wait
        expect([parts(answer).last, error_in_trailers(answer)]).to eq(["begun", ["Function.KeyError", "'broken'"]])
        expect(error_in_trailers(invoke("/short").wait)).to match(["Function.InvalidResponse", /7 bytes shorter/])
        expect(failure(invoke("/violates").wait).first).to eq("Function.InvalidResponse")
        expect(parts(invoke("/parts").wait).last).to eq("one two three")
      end

      it "stops the application when the client has disconnected, closes its body, and goes on" do
        start_streaming
        @api.on_chunk = ->(exchange, _) { exchange.socket.close }
        invoke("/endless")
        until_log("closed")
        @api.on_chunk = nil
        expect(parts(invoke("/parts").wait).last).to eq("one two three")
        expect(@process.log).to match(/^lamby_wsgi: .*\(request \S+\)$/)
      end
    end
  end

  it "answers in AWS's emulator" do
    Dir.mktmpdir do |home|
      emulator = Emulator.new(python, "-m", "lamby_wsgi", "app:application", "--events", "app:handle", folder: folder, environment: environment)
      HTTPEvents::INTEGRATIONS.each do |integration|
        answer = emulator.invoke(JSON.generate(HTTPEvents.build(integration, method: "POST", path: "/orders", body: "size=2")))
        response = HTTPResponses.read(integration, answer.body)
        expect(response.body).to match(%r{\APOST /orders from \S+\nsize=2\z}), home
      end
      expect(emulator.invoke('{"Records":[{"eventSource":"aws:sqs"}]}').body).to eq("null")
      expect(emulator.log).to include('{"source": "sqs", "records": 1}')
    ensure
      emulator&.stop
    end
  end
end
