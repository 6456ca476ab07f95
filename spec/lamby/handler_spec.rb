# frozen_string_literal: true

RSpec.describe Lamby::Handler do
  def answer(response, event = http_event)
    Lamby.handler(->(_env) { response }, event, lambda_context)
  end

  describe "the env" do
    it "has the event and the context, and an event that came as JSON is parsed only when it is read" do
      env = env_of(http_event)
      expect(env["lambda.event"]).to eq(http_event)
      expect(env["lambda.context"]).to eq(lambda_context)
      expect(env_of(JSON.generate(http_event))["lambda.event"]).to be_a(Lamby::Event).and eq(http_event)
    end

    # An application may pass the event of its request to Lamby.handler, together with another application.
    {
      "unread" => ->(event) { event }, "read" => ->(event) { event.tap { event["rawPath"] } },
      "changed" => ->(event) { event.tap { event["headers"]["x-by"] = "outer" } },
      "copied" => :dup.to_proc, "frozen" => :freeze.to_proc, "as a Hash" => :to_h.to_proc
    }.each do |state, handed_on|
      it "has an event that the application can pass to another application: #{state}" do
        inner = ->(env) { [200, {}, ["inner #{env["PATH_INFO"]} #{env["HTTP_X_BY"]}#{env["lambda.event"]["rawPath"]}"]] }
        payload = nil
        outer = ->(env) { [200, {}, [(payload = Lamby.handler(inner, handed_on.call(env["lambda.event"]), env["lambda.context"]))[:body]]] }
        body = "inner /a #{"outer" if state == "changed"}/a"
        expect(JSON.parse(Lamby.handler(outer, JSON.generate(http_event(path: "/a")), lambda_context))).to include("body" => body)
        expect(payload).to include(statusCode: 200, isBase64Encoded: false)
      end
    end

    it "has a binary, rewindable input" do
      seen = nil
      app = lambda do |env|
        input = env["rack.input"]
        first = input.read
        input.rewind
        seen = [first, input.read, first.encoding, input.read(1)]
        [200, {}, []]
      end
      Lamby.handler(app, http_event(method: "POST", body: "\u00e4"), lambda_context)
      expect(seen).to eq(["\xC3\xA4".b, "\xC3\xA4".b, Encoding::BINARY, nil])
    end

    it "has strings that the application may modify without an effect on the next request" do
      app = lambda do |env|
        env["PATH_INFO"] << "x"
        env["HTTP_HOST"] << "x"
        [200, {}, [env["PATH_INFO"]]]
      end
      bodies = Array.new(2) { Lamby.handler(app, http_event(path: "/a"), lambda_context)[:body] }
      expect(bodies).to eq(%w[/ax /ax])
    end

    it "has a rack.errors that writes to standard error" do
      app = lambda do |env|
        env["rack.errors"].puts("broken")
        [200, {}, []]
      end
      expect { Lamby.handler(app, http_event, nil) }.to output("broken\n").to_stderr
    end
  end

  describe "rack.response_finished" do
    it "calls its callbacks in reverse order, with env, status, headers and no error" do
      calls = []
      app = lambda do |env|
        2.times { |number| env["rack.response_finished"] << ->(*arguments) { calls << [number, *arguments.drop(1), arguments[0].equal?(env)] } }
        [201, { "x-a" => "b" }, []]
      end
      Lamby.handler(app, http_event, nil)
      expect(calls).to eq([[1, 201, { "x-a" => "b" }, nil, true], [0, 201, { "x-a" => "b" }, nil, true]])
    end

    it "calls its callbacks with the exception if the application raises" do
      error = nil
      app = lambda do |env|
        env["rack.response_finished"] << ->(_env, _status, _headers, it) { error = it }
        raise "no luck"
      end
      expect { Lamby.handler(app, http_event, nil) }.to raise_error("no luck")
      expect(error).to have_attributes(message: "no luck")
    end

    it "calls its other callbacks, and Lamby returns the response, even if one callback raises" do
      called = false
      app = lambda do |env|
        env["rack.response_finished"] << ->(*) { called = true } << ->(*) { raise "callback" }
        [200, {}, ["ok"]]
      end
      expect { expect(Lamby.handler(app, http_event, nil)).to include(body: "ok") }.to output(/rack.response_finished: .*callback/m).to_stderr
      expect(called).to be(true)
    end
  end

  describe "a value that is not a Rack response" do
    {
      "nil" => nil, "a String" => "hello", "two elements" => [200, {}], "four elements" => [200, {}, [], 1]
    }.each do |what, response|
      it "is quoted in the error: #{what}" do
        expect { answer(response) }.to raise_error(Lamby::InvalidResponse, /returned .* \(#{response.class}\); Rack wants an Array of status, headers and body/m)
      end
    end

    it "is quoted in the error if it is an invalid status" do
      expect { answer([nil, {}, []]) }.to raise_error(Lamby::InvalidResponse, /status is nil \(NilClass\); Rack wants an Integer/)
      expect { answer([99, {}, []]) }.to raise_error(Lamby::InvalidResponse, /status is 99/)
      expect { answer([2**70, {}, []]) }.to raise_error(Lamby::InvalidResponse, /status is/)
      expect { answer(["ok", {}, []]) }.to raise_error(Lamby::InvalidResponse, /status is "ok" \(String\)/)
    end

    it "is quoted in the error if it is used as the headers or as a header's name" do
      expect { answer([200, nil, []]) }.to raise_error(Lamby::InvalidResponse, /headers are nil \(NilClass\)/)
      expect { answer([200, [], []]) }.to raise_error(Lamby::InvalidResponse, /headers are \[\] \(Array\)/)
      expect { answer([200, { 1 => "a" }, []]) }.to raise_error(Lamby::InvalidResponse, /header name is 1 \(Integer\)/)
    end

    it "is quoted in the error if it is used as the body or as a chunk" do
      expect { answer([200, {}, nil]) }.to raise_error(Lamby::InvalidResponse, /body is nil \(NilClass\)/)
      expect { answer([200, {}, 5]) }.to raise_error(Lamby::InvalidResponse, /body is 5 \(Integer\)/)
      expect { answer([200, {}, [:a]]) }.to raise_error(Lamby::InvalidResponse, /body is :a \(Symbol\).*Strings/)
    end
  end

  describe "an invalid part of a response" do
    def raising(method)
      Class.new { define_method(method) { |*| raise "no luck" } }.new
    end

    it "is described in the error even if its inspect method or its class method raises" do
      {
        ->(it) { it } => /application returned .*; Rack wants an Array/, ->(it) { [it, {}, []] } => /status is .*; Rack wants/,
        ->(it) { [200, it, []] } => /headers are .*; Rack wants/, ->(it) { [200, { it => "a" }, []] } => /header name is .*; Rack wants/,
        ->(it) { [200, {}, it] } => /body is .*; Rack wants/, ->(it) { [200, {}, [it]] } => /body is .*; Rack wants/
      }.each do |response, message|
        expect { answer(response.call(raising(:inspect))) }
          .to raise_error(Lamby::InvalidResponse) { |error| expect(error.message).to match(message).and match(/whose inspect raised RuntimeError: no luck/) }
        expect { answer(response.call(raising(:class))) }.to raise_error(Lamby::InvalidResponse, message)
      end
    end

    it "is described in the error even if its inspect method raises an exception whose message method raises, or one that is not a StandardError" do
      silent = Class.new(StandardError) { def message = raise("again") }
      stub_const("Silent", silent)
      { -> { raise Silent } => /raised Silent;/, -> { raise NotImplementedError, "later" } => /raised NotImplementedError: later;/,
        -> { raise NoMemoryError, "full" } => /raised NoMemoryError: full;/, -> { 5 } => /status is 5 \(Object\);/ }.each do |inspect, message|
        object = Object.new
        object.define_singleton_method(:inspect) { inspect.call }
        expect { answer([object, {}, []]) }.to raise_error(Lamby::InvalidResponse, message)
      end
    end

    it "is described by its inspect method; Lamby does not rescue a throw, an Interrupt or a DeadlineExceeded from this method" do
      object = Object.new
      def object.inspect = throw(:done, "thrown")
      expect(catch(:done) { answer([200, {}, object]) }).to eq("thrown")
      def object.inspect = raise(Interrupt)
      expect { answer([200, {}, object]) }.to raise_error(Interrupt)
      def object.inspect = raise(Lamby::Runtime::DeadlineExceeded, "late")
      expect { answer([object, {}, []]) }.to raise_error(Lamby::Runtime::DeadlineExceeded)
    end
  end

  it "accepts a String of digits as the status, as Rack 2 does, and headers whose each method yields pairs" do
    pairs = Class.new { def each = yield("x-a", "b") }.new
    expect(answer(["201", pairs, []])).to include(statusCode: 201, headers: { "x-a" => "b" })
  end
end
