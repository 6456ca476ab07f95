# frozen_string_literal: true

require "zlib"

# Responses that go out piece by piece, as Lambda's streaming mode has it.
RSpec.describe "A streamed response" do
  include_context "with a Runtime API"

  app = <<~'RUBY'
    require "json"
    require "lamby"
    # Waits until the spec says that it goes on.
    go_on = ->(name) { sleep 0.001 until File.exist?(name) }
    headers = { "content-type" => "text/plain" }
    chunk = "x" * 100_000
    each = Class.new do
      def initialize(&block) = @block = block
      def each(&block) = @block.call(block)
      def close = $stderr.puts("body closed")
    end
    Lamby.config.rack_app = lambda do |env|
      case env["PATH_INFO"]
      when "/array" then [200, headers, ["one ", "two"]]
      when "/headers" then [201, { "Content-Type" => "text/plain", "set-cookie" => ["a=1", "b=2"], "x-quote" => 'say "hi"' }, ["ok"]]
      when "/binary" then [200, { "content-type" => "image/png" }, ["\xFF\x00\r\n".b]]
      when "/empty" then [204, {}, []]
      when "/each" then [200, headers, each.new { |yielder| yielder.call("first"); go_on.("second"); yielder.call("second") }]
      when "/prelude" then [200, headers, each.new { |yielder| go_on.("first"); yielder.call("late") }]
      when "/call" then [200, headers, ->(stream) { stream.write("a", "b"); stream << "c"; stream.flush; go_on.("second"); stream.write("d"); stream.close }]
      when "/thread" then [200, headers, ->(stream) { Thread.new { 3.times { |i| sleep 0.02; stream << i.to_s }; stream.close } }]
      when "/echo" then [200, headers, ->(stream) { stream.write(stream.read.upcase); stream.close; $stderr.puts "closed: #{stream.closed?}" }]
      when "/closed" then [200, headers, ->(stream) { stream.close; begin; stream.write("x"); rescue IOError => e; $stderr.puts "rescued #{e.class}"; end }]
      when "/file" then [200, headers, Struct.new(:to_path).new("file.bin") { def each = raise("read into memory") }]
      when "/hijack" then [200, headers.merge("rack.hijack" => ->(io) { io.write("hijacked"); io.close }), []]
      when "/default" then [200, Hash.new("default").merge!(headers), ["ok"]]
      when "/raise-before" then [200, headers, each.new { |_| raise ArgumentError, "before" }]
      when "/app-raises" then raise ArgumentError, "app"
      when "/raise-after" then [200, headers, each.new { |yielder| yielder.call("some"); raise ArgumentError, "after\u00E9" }]
      when "/raise-deep"
        deep = ->(n) { n.zero? ? raise(ArgumentError, "\u0001\u00E9" * 2_000) : deep.call(n - 1) }
        [200, headers, each.new { |yielder| yielder.call("some"); deep.call(80) }]
      when "/length" then [200, headers.merge("content-length" => env["QUERY_STRING"]), each.new { |yielder| yielder.call("12345") }]
      when "/large-headers" then [200, headers.merge("x" => "y" * 20_000), ["ok"]]
      when "/tiny" then [200, headers, each.new { |yielder| 2_000.times { |i| yielder.call("#{i}\n") } }]
      when "/for-ever" then [200, headers, each.new { |yielder|
        begin
          loop { yielder.call(chunk) }
        rescue IOError => e
          $stderr.puts "writer got #{e.class}"
          raise
        ensure
          $stderr.puts "ensure"
        end
      }]
      when "/thread-for-ever" then [200, headers, ->(stream) {
        Thread.new { loop { stream.write(chunk) } rescue $stderr.puts("writer got #{$!.class}") }
        go_on.("fail") unless env["QUERY_STRING"] == "slow"
        sleep if env["QUERY_STRING"] == "slow"
        raise ArgumentError, "beside a writer"
      }]
      when "/pair" then [200, headers, each.new { |yielder| yielder.call("1"); yielder.call("2"); go_on.("second"); yielder.call("3") }]
      when "/little-and-large" then [200, headers, each.new { |yielder| 2.times { yielder.call("little") }; loop { yielder.call(chunk) } }]
      when "/large" then [200, headers, each.new { |yielder| 5.times { yielder.call(chunk) }; $stderr.puts "all is written" }]
      when "/slow" then [200, headers, each.new { |yielder| yielder.call("some"); sleep }]
      when "/after" then env["rack.response_finished"] << ->(*, error) { $stderr.puts "finished: #{error.inspect}" }; [200, headers, ["ok"]]
      else [200, headers, ["hello"]]
      end
    end
  RUBY

  def start(code = nil, environment = {})
    @process = RuntimeProcess.new(@api, code, environment: { "LAMBY_INVOKE_MODE" => "response_stream" }.merge(environment))
  end

  def invoke(path, integration: :function_url, headers: {}, **request)
    @api.invoke(JSON.generate(HTTPEvents.build(integration, path: path, **request)), headers)
  end

  # Prelude and body.
  def parts(answer)
    json, body = answer.body.split("\0" * 8, 2)
    [JSON.parse(json), body]
  end

  def body(path, **request)
    parts(invoke(path, **request).wait).last
  end

  def go_on(name)
    File.write("#{@process.folder}/#{name}", "")
  end

  describe "in Lambda's protocol" do
    before { start(app) }

    it "has its headers, its prelude byte for byte, the delimiter and the body" do
      answer = invoke("/headers").wait
      expect(answer).to have_attributes(kind: :response, trailers: {})
      expect(answer.headers).to include(
        "content-type" => "application/vnd.awslambda.http-integration-response", "transfer-encoding" => "chunked",
        "lambda-runtime-function-response-mode" => "streaming",
        "trailer" => "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"
      )
      expect(answer.headers).not_to include("content-length")
      expect(answer.body).to eq(
        '{"statusCode":201,"headers":{"Content-Type":"text/plain","x-quote":"say \"hi\""},"cookies":["a=1","b=2"]}' \
        "\0\0\0\0\0\0\0\0ok"
      )
    end

    it "has the headers of a REST API as it reads them" do
      expect(parts(invoke("/headers", integration: :rest_api).wait).first).to eq(
        "statusCode" => 201, "headers" => { "Content-Type" => "text/plain", "x-quote" => 'say "hi"' },
        "multiValueHeaders" => { "set-cookie" => ["a=1", "b=2"] }
      )
    end

    it "is raw bytes, never base64" do
      expect(body("/binary")).to eq("\xFF\x00\r\n".b)
    end

    it "goes over a connection that is closed afterwards" do
      2.times { expect(body("/array")).to eq("one two") }
      wait_until { @api.connections == 3 }
    end

    it "has no body for HEAD and 204, and closes the application's" do
      expect(parts(invoke("/each", method: "HEAD").wait)).to eq([{ "statusCode" => 200, "headers" => { "content-type" => "text/plain" } }, ""])
      expect(parts(invoke("/empty").wait)).to eq([{ "statusCode" => 204, "headers" => {} }, ""])
      until_log("body closed")
    end

    it "sends the invocation id back" do
      expect(invoke("/array", headers: { "Lambda-Runtime-Invocation-Id" => "i-7" }).wait.headers).to include("lambda-runtime-invocation-id" => "i-7")
    end
  end

  describe "of every kind of body" do
    before { start(app) }

    it "sends a chunk when it is yielded, before the next is made" do
      invocation = invoke("/each")
      expect(chunk_of(invocation)).to end_with("\0" * 8)
      expect(chunk_of(invocation)).to eq("first")
      go_on("second")
      expect(chunk_of(invocation)).to eq("second")
      expect(parts(invocation.wait).last).to eq("firstsecond")
      until_log("body closed")
    end

    it "sends status and headers before the first chunk is made" do
      invocation = invoke("/prelude")
      expect(JSON.parse(chunk_of(invocation).delete("\0"))).to include("statusCode" => 200)
      go_on("first")
      expect(parts(invocation.wait).last).to eq("late")
    end

    it "lets a streaming body write, flush, and close" do
      invocation = invoke("/call")
      chunk_of(invocation)
      written = chunk_of(invocation)
      written += chunk_of(invocation) until written == "abc"
      go_on("second")
      expect(parts(invocation.wait).last).to eq("abcd")
    end

    it "waits for a streaming body that goes on in a thread of its own" do
      expect(body("/thread")).to eq("012")
    end

    it "lets a streaming body read the request, and tells when it is closed" do
      expect(body("/echo", method: "POST", body: "shout")).to eq("SHOUT")
      until_log("closed: true")
    end

    it "raises what is an IOError to whoever writes after the close" do
      expect(body("/closed")).to eq("")
      until_log("rescued Lamby::Runtime::StreamClosed")
    end

    it "sends a file without reading it into memory" do
      bytes = Random.new(3).bytes(1_000_000)
      File.binwrite("#{@process.folder}/file.bin", bytes)
      expect(body("/file")).to eq(bytes)
    end

    it "does not use the headers' default value as a rack.hijack" do
      expect(body("/default")).to eq("ok")
    end

    it "hands itself to a response's rack.hijack" do
      expect(body("/hijack")).to eq("hijacked")
    end

    it "joins small chunks that come quickly" do
      invocation = invoke("/tiny")
      expect(parts(invocation.wait).last).to eq(Array.new(2_000) { |i| "#{i}\n" }.join)
      expect(invocation.chunks.size).to be < 200
    end
  end

  describe "with a Content-Length" do
    before { start(app) }

    it "keeps one that is true" do
      expect(parts(invoke("/length", query: "5").wait)).to match([include("headers" => include("content-length" => "5")), "12345"])
    end

    { "4" => "longer than its Content-Length", "6" => "1 bytes before its Content-Length" }.each do |length, message|
      it "says that the response broke off where it is not: #{length} for 5" do
        answer = invoke("/length", query: length).wait
        expect(answer.trailers["lambda-runtime-function-error-type"]).to eq("Function.LambyInvalidResponse")
        expect(JSON.parse(answer.trailers["lambda-runtime-function-error-body"].unpack1("m"))["errorMessage"]).to include(message)
      end
    end
  end

  describe "that fails" do
    before { start(app) }

    it "before anything is out is an ordinary error" do
      ["/app-raises", "/large-headers"].each do |path|
        expect(invoke(path).wait).to have_attributes(kind: :error)
      end
      until_log("a streamed response has 16384")
      expect(body("/array")).to eq("one two")
    end

    it "after that says so in trailers, and the loop goes on" do
      invocation = invoke("/raise-after")
      answer = invocation.wait
      expect(answer).to have_attributes(kind: :response, body: end_with("\0some"))
      expect(answer.trailers["lambda-runtime-function-error-type"]).to eq("Function.ArgumentError")
      expect(JSON.parse(answer.trailers["lambda-runtime-function-error-body"].unpack1("m"))).to include(
        "errorType" => "Function.ArgumentError", "errorMessage" => "after\u00E9", "stackTrace" => include(/app\.rb/)
      )
      expect(body("/array")).to eq("one two")
      expect(invocation.answers.size).to eq(1)
      until_log("body closed")
    end

    it "after that keeps its trailers under the 4 KB that a server of Go takes" do
      trailers = invoke("/raise-deep").wait.trailers
      expect(trailers.sum { |name, value| name.bytesize + value.bytesize + 4 }).to be < 4_000
      expect(JSON.parse(trailers["lambda-runtime-function-error-body"].unpack1("m"))).to include("errorType" => "Function.ArgumentError")
    end

    it "with 500 from the Runtime API ends the process" do
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(500, {}, "container error") }
      invoke("/array")
      expect(@process.wait.exitstatus).to eq(1)
      until_log("the Runtime API answered 500 to the response")
    end

    it "because the other side has gone: the body is closed, its ensure runs, the writer gets an IOError, the loop goes on" do
      @api.on_chunk = lambda do |exchange, chunk|
        next true unless chunk.start_with?("xxx")

        exchange.reset
        exchange.socket.close
        raise IOError, "gone"
      end
      invocation = invoke("/for-ever")
      until_log(/writer got Lamby::Runtime::StreamClosed\nensure\nbody closed\n/)
      @api.on_chunk = nil
      expect(body("/array")).to eq("one two")
      expect(invocation.answers).to be_empty
      until_log("the response's stream was closed by the other side")
    end
  end

  it "that is still open near the deadline is ended with an error that says so" do
    expect(Lamby.config.deadline_margin).to eq(0.5)
    # The margin is wide, so that a busy machine does not miss the deadline.
    start("#{app}Lamby.config.deadline_margin = 20\n")
    body("/array")
    deadline = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + 20_500
    answer = invoke("/slow", headers: { "Lambda-Runtime-Deadline-Ms" => deadline.to_s }).wait
    expect(Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)).to be < deadline
    expect(answer.trailers["lambda-runtime-function-error-type"]).to eq("Runtime.DeadlineExceeded")
    expect(JSON.parse(answer.trailers["lambda-runtime-function-error-body"].unpack1("m"))["errorMessage"]).to include("20 s before the invocation's deadline")
    expect(body("/array")).to eq("one two")
  end

  describe "to a reader that stalls" do
    # The other side takes what sockets hold, until the block is done.
    def stall_from(first)
      stalled = Queue.new
      @api.on_chunk = lambda do |_, chunk|
        next true unless chunk.start_with?(first)

        stalled.close
        until_released
        false
      end
      wait_until { stalled.closed? }
      sleep 0.3 # Until the sockets are full.
      yield
    ensure
      @released = true
    end

    def until_released
      Waiting.until("the release of a stalled reader", processes: []) { @released }
    rescue IOError, SystemCallError
      nil
    end

    def error_types(invocation)
      invocation.answers.map { |it| it.trailers["lambda-runtime-function-error-type"] }
    end

    def expect_the_loop_to_go_on
      @api.on_chunk = nil
      expect(body("/array")).to eq("one two")
    end

    it "ends where the application fails while another of its threads writes" do
      start(app)
      invocation = invoke("/thread-for-ever")
      stall_from("xxx") do
        go_on("fail")
        until_log(/writer got Lamby::Runtime::StreamClosed/)
      end
      expect_the_loop_to_go_on
      expect(error_types(invocation)).to all(eq("Function.ArgumentError")) # What the sockets hold may still arrive.
      until_log("ArgumentError", "nobody reads why the response broke off; its connection is cut")
    end

    {
      "/for-ever" => "a body writes", "/thread-for-ever?slow" => "a thread writes", "/large" => "all is written"
    }.each do |path, when_it|
      it "ends before the deadline, while #{when_it}" do
        start("#{app}Lamby.config.deadline_margin = 3\n")
        body("/array")
        path, query = path.split("?")
        deadline = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + 4_000
        invocation = invoke(path, query: query.to_s, headers: { "Lambda-Runtime-Deadline-Ms" => deadline.to_s })
        stall_from("xxx") do
          until_log(/its connection is cut/)
          expect(Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)).to be < deadline
        end
        expect_the_loop_to_go_on
        # What the sockets hold may still arrive.
        expect(error_types(invocation)).to all(eq("Runtime.DeadlineExceeded")) unless when_it == "all is written"
        until_log("the response was not finished 3 s before the invocation's deadline")
      end
    end

    it "does not hold small chunks of other streams back" do
      start("#{app}Lamby.config.workers = 1\n", "LAMBY_CONCURRENCY" => "2")
      invoke("/little-and-large")
      stall_from("little") do
        pair = invoke("/pair")
        chunk_of(pair)
        received = chunk_of(pair)
        received += chunk_of(pair) until received == "12"
        go_on("second")
        expect(parts(pair.wait).last).to eq("123")
      end
    end
  end

  it "is one that Rack::Lint finds nothing wrong with" do
    start("require \"uri\"\nrequire \"rack\"\nrequire \"rack/lint\"\n#{app}Lamby.config.rack_app = Rack::Lint.new(Lamby.config.rack_app)\n")
    go_on("second")
    # Rack 2 knows no streaming bodies.
    paths = { "/array" => "one two", "/each" => "firstsecond", "/hijack" => "hijacked" }
    paths.merge!("/call" => "abcd", "/thread" => "012") if Rack.release >= "3"
    expect(paths.keys.to_h { |path| [path, body(path)] }).to eq(paths)
  end

  it "may be compressed on its way" do
    start("require \"rack\"\nrequire \"rack/deflater\"\n#{app}Lamby.config.rack_app = Rack::Deflater.new(Lamby.config.rack_app, sync: true)\n")
    invocation = @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: "/each", headers: { "accept-encoding" => "gzip" })))
    expect(JSON.parse(chunk_of(invocation).delete("\0"))["headers"].transform_keys(&:downcase)).to include("content-encoding" => "gzip")
    inflate = Zlib::Inflate.new(Zlib::MAX_WBITS + 16)
    first = +""
    first << inflate.inflate(chunk_of(invocation)) until first == "first"
    go_on("second")
    invocation.wait
    first << inflate.inflate(chunk_of(invocation)) until invocation.chunks.empty?
    expect(first).to eq("firstsecond")
  end

  it "is followed by the callbacks for after it" do
    start(app)
    expect(body("/after")).to eq("ok")
    until_log("finished: nil")
  end

  it "slows the application down to the pace of the other side, in flat memory" do
    start(app)
    body("/array")
    before = @process.resident
    received = 0
    @api.on_chunk = lambda do |exchange, chunk|
      received += chunk.bytesize
      sleep 0.5 if received.between?(40_000_000, 40_099_999) # What is not read is not made.
      raise IOError, "enough" if received > 256_000_000 && exchange.reset

      false
    end
    invoke("/for-ever")
    wait_until { received > 40_000_000 }
    expect(@process.resident - before).to be < 8 * 1024 * 1024
    wait_until(limit: 5 * Waiting::LIMIT) { received > 256_000_000 }
    expect(@process.resident - before).to be < 8 * 1024 * 1024
  end

  it "works several at once" do
    start("#{app}Lamby.config.workers = 1\n", "LAMBY_CONCURRENCY" => "3")
    invocations = Array.new(3) { invoke("/each") }
    invocations.each { |it| 2.times { chunk_of(it) } }
    go_on("second")
    expect(invocations.map { |it| parts(it.wait).last }).to eq(["firstsecond"] * 3)
  end

  %i[alb alb_multi_value http_api_v2 http_api_v1 vpc_lattice_v2].each do |integration|
    it "goes out in one piece where the integration takes no other: #{integration}" do
      start(app)
      2.times do
        answer = invoke("/array", integration: integration).wait
        expect(answer.headers).to include("content-type" => "application/json")
        expect(JSON.parse(answer.body)).to include("body" => "one two")
      end
      expect(JSON.parse(invoke("/hijack", integration: integration).wait.body)).to include("body" => "hijacked")
      expect(@process.log.scan("[WARN] lamby: a response to #{integration} goes out in one piece").size).to eq(1)
    end
  end

  it "is not made where nobody asks for it, or where the setting is none" do
    start(app, "LAMBY_INVOKE_MODE" => nil)
    expect(JSON.parse(invoke("/array").wait.body)).to include("body" => "one two")
    @process.stop
    start(app, "LAMBY_INVOKE_MODE" => "chunky")
    expect(JSON.parse(initialization_error.body)["errorMessage"]).to eq(
      'invoke_mode (LAMBY_INVOKE_MODE) is "chunky", and has to be one of buffered, response_stream'
    )
  end

  { "minor" => [1, {}], "full" => [true, { slow: true }] }.each do |kind, (stress, metadata)|
    it "is the same with a #{kind} garbage collection at every allocation", **metadata do
      start("#{app}GC.stress = #{stress}\n")
      expect(parts(invoke("/headers").wait)).to match([include("statusCode" => 201), "ok"])
      expect(body("/thread")).to eq("012")
      expect(invoke("/raise-after").wait.trailers).to include("lambda-runtime-function-error-type" => "Function.ArgumentError")
    end
  end
end
