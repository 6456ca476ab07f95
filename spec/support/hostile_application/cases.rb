# frozen_string_literal: true

# rubocop:disable Style/Semicolon -- most rows of the table are one line

# Applications that break the Rack SPEC in every way that could cause a crash, a hang or a wrong response, and the
# outcome that each must have.
module HostileApplication
  # @!attribute name
  #   @return [String]
  # @!attribute app
  #   @return [#call]
  # @!attribute expected
  #   @return [Array<Array>] the outcomes that are right, made by {response} and {error}
  # @!attribute streamed
  #   @return [Array<Array>] the outcomes that are right for a streamed response
  # @!attribute ends
  #   @return [Boolean] whether a runtime's process ends after the response
  # @!attribute modes
  #   @return [Array<Symbol>] how the application is called
  Case = Struct.new(:name, :app, :expected, :streamed, :ends, :modes, keyword_init: true)

  # A Hash event and bytes, from the application's own process; then under `lamby runtime`.
  MODES = %i[hash bytes buffered streamed].freeze

  class Failed < StandardError; end
  class Fatal < Exception; end # rubocop:disable Lint/InheritException -- it is hostile

  FILE = File.join(__dir__, "file.txt")
  HEADERS = { "content-type" => "text/plain" }.freeze
  EVENT = {
    "version" => "2.0", "rawPath" => "/hostile", "rawQueryString" => "", "headers" => { "host" => "example.com" },
    "requestContext" => {
      "domainName" => "x.lambda-url.us-east-1.on.aws",
      "http" => { "method" => "GET", "path" => "/hostile", "protocol" => "HTTP/1.1", "sourceIp" => "203.0.113.9" }
    }
  }.freeze
  Context = Struct.new(:aws_request_id)

  # Seconds after which a case counts as a hang: far more than any needs.
  PATIENCE = Integer(ENV.fetch("LAMBY_HOSTILE_PATIENCE", 60))

  class << self
    # @return [Array<Case>]
    def cases
      @cases ||= bodies + chunks + headers + statuses + shapes + exceptions + environments + threads
    end

    # @return [Array] an outcome: what a client gets
    def response(body, status = 200) = ["response", status, fingerprint(body)]

    # @return [Array] an outcome: the exception that the caller gets, or whose name Lambda gets
    def error(name) = ["error", name.to_s.gsub(/[^A-Za-z]/, "")]

    # @return [String] short enough for a message
    def fingerprint(body)
      body = body.b
      body.bytesize <= 100 ? body.inspect : "#{body.bytesize} bytes, #{body.sum(32)}"
    end

    # Answers another event with the context of this one. Its response is the caller's alone.
    def nested(env)
      payload = Lamby.handler(->(_) { [200, {}, ->(stream) { stream.write("inner"); stream.close }] }, JSON.generate(EVENT), env["lambda.context"])
      raise "the inner response is #{payload.inspect}" unless payload.to_s.include?("inner")
    end

    private

    def build(name, expected, streamed: nil, ends: false, modes: MODES, &app)
      # One outcome, or several that are all right.
      expected, streamed = [expected, streamed || expected].map { |it| it.first.is_a?(Array) ? it : [it] }
      Case.new(name: name, app: app, expected: expected, streamed: streamed, ends: ends, modes: modes)
    end

    # What a method of the application does when Lamby calls it, and the exception that it raises. With nil the response
    # is the usual one.
    def actions
      {
        "raises" => [-> { raise Failed, "raised" }, Failed],
        "raises an Exception" => [-> { raise Fatal, "raised" }, Fatal],
        "raises NotImplementedError" => [-> { raise NotImplementedError }, NotImplementedError],
        "raises StopIteration" => [-> { raise StopIteration }, StopIteration],
        "throws" => [-> { throw :elsewhere }, UncaughtThrowError],
        "yields a fiber that is not one" => [-> { Fiber.yield }, FiberError],
        "recurses" => [-> { (deep = -> { deep.call + 1 }).call }, SystemStackError],
        "exits" => [-> { exit 3 }, SystemExit],
        "runs out of memory" => [-> { raise NoMemoryError, "failed to allocate memory" }, NoMemoryError],
        "compacts the heap" => [-> { GC.respond_to?(:compact) ? GC.compact : GC.start }, nil],
        "collects garbage at every allocation" => [-> { stressed { Array.new(20) { |number| "garbage #{number}" } } }, nil],
        "switches fibers" => [-> { Fiber.new { Fiber.yield; GC.start }.tap(&:resume).resume }, nil],
        "waits for a thread" => [-> { Thread.new { GC.start }.join }, nil],
        "calls the handler again" => [-> { Lamby.handler(->(_) { [200, {}, ["inner"]] }, EVENT, Context.new("inner")) }, nil],
        "allocates and frees" => [-> { Array.new(50) { "x" * 100_000 }.each(&:clear) }, nil]
      }
    end

    # Each gets an action, and returns an application whose response is "one, two".
    def places
      {
        "a body whose each %s before the first chunk" => ->(act) { ->(_) { [200, HEADERS.dup, body { define(:each) { |&block| act.call; block.call("one, "); block.call("two") } }] } },
        "a body whose each %s after a chunk" => ->(act) { ->(_) { [200, HEADERS.dup, body { define(:each) { |&block| block.call("one, "); act.call; block.call("two") } }] } },
        "a body whose close %s" => ->(act) { ->(_) { [200, HEADERS.dup, body { define(:each) { |&block| block.call("one, two") }; define(:close) { act.call } }] } },
        "a body whose to_path %s" => ->(act) { ->(_) { [200, HEADERS.dup, body { define(:each) { raise "unread" }; define(:to_path) { act.call; FILE } }] } },
        "a body whose to_ary %s" => ->(act) { ->(_) { [200, HEADERS.dup, body { define(:to_ary) { act.call; ["one, ", "two"] } }] } },
        "a body whose respond_to? %s" => ->(act) { ->(_) { [200, HEADERS.dup, body { define(:each) { |&block| block.call("one, two") }; define(:respond_to?) { |*it| act.call; super(*it) } }] } },
        "a streaming body that %s after a chunk" => ->(act) { ->(_) { [200, HEADERS.dup, ->(stream) { stream.write("one, "); act.call; stream.write("two"); stream.close }] } },
        "a header value whose to_s %s" => ->(act) { ->(_) { [200, HEADERS.merge("x-own" => body { define(:to_s) { act.call; "value" } }), ["one, two"]] } },
        "headers whose to_hash %s" => ->(act) { ->(_) { [200, body { define(:to_hash) { act.call; HEADERS.dup } }, ["one, two"]] } },
        "an application that %s" => ->(act) { ->(_) { act.call; [200, HEADERS.dup, ["one, two"]] } },
        "a response whose to_ary %s" => ->(act) { ->(_) { body { define(:to_ary) { act.call; [200, HEADERS.dup, ["one, two"]] } } } }
      }
    end

    def bodies
      places.flat_map do |place, make|
        actions.map do |action, (act, raised)|
          outcome = raised ? error(raised) : response("one, two")
          build(format(place, action), outcome, ends: [SystemExit, NoMemoryError].include?(raised), &make.call(act))
        end
      end + lying_bodies
    end

    # @yield in a class body, where `define` defines a method
    # @return [Object] one of that class
    def body(&block)
      Class.new do
        define_singleton_method(:define) { |name, &code| define_method(name, &code) }
        class_eval(&block)
      end.new
    end

    def stressed
      GC.stress = true
      yield
    ensure
      GC.stress = false
    end

    def lying_bodies
      plain = ->(body) { ->(_) { [200, HEADERS.dup, body] } }
      invalid = error("Lamby::InvalidResponse")
      [
        build("a body that uses one buffer for all chunks", response("one, two"), &plain.call(body do
          define(:each) { |&block| buffer = +""; ["one, ", "two"].each { |it| block.call(buffer.replace(it)) }; buffer.clear }
        end)),
        build("a body that frees each chunk after it", response(("x" * 100_000) + ("y" * 100_000)), &plain.call(body do
          define(:each) { |&block| %w[x y].each { |it| block.call(chunk = it * 100_000); chunk.clear } }
        end)),
        build("a body that changes the headers while it is read", response("one, two"), &lambda do |_|
          headers = HEADERS.dup
          [200, headers, body { define(:each) { |&block| block.call("one, "); headers.clear; headers["x-own"] = "2"; block.call("two") } }]
        end),
        build("a body whose to_path names no file", response("one, two"), &plain.call(body do
          define(:to_path) { "/nowhere" }
          define(:each) { |&block| block.call("one, two") }
        end)),
        build("a body whose to_path is nil", [response("one, two"), error(TypeError)], &plain.call(body do
          define(:to_path) { nil }
          define(:each) { |&block| block.call("one, two") }
        end)),
        build("a body whose to_path is a folder", response("one, two"), &plain.call(body do
          define(:to_path) { "/" }
          define(:each) { |&block| block.call("one, two") }
        end)),
        build("a body whose each returns an enumerator's end", response("one, two"), &plain.call(Enumerator.new { |chunks| chunks << "one, " << "two" }.lazy)),
        build("a body whose each uses an external enumerator", response("one, two"), &plain.call(body do
          define(:each) { |&block| chunks = ["one, ", "two"].each; loop { block.call(chunks.next) } }
        end)),
        build("a body whose each calls its block from a thread", response("one, two"), &plain.call(body do
          define(:each) { |&block| Thread.new { block.call("one, "); block.call("two") }.join }
        end)),
        build("a body whose each calls its block from a fiber", response("one, two"), &plain.call(body do
          define(:each) { |&block| Fiber.new { block.call("one, "); Fiber.yield; block.call("two") }.tap(&:resume).resume }
        end)),
        build("a body whose each keeps its block and calls it later", response("one, two"), &plain.call(body do
          define(:each) { |&block| block.call("one, two"); Thread.new { sleep 0.01; block.call("late") }.report_on_exception = false }
        end)),
        build("a body whose to_ary is no Array", wrong = [invalid, error(TypeError), error(NoMethodError)], streamed: [*wrong, response("5")],
              &plain.call(body { define(:to_ary) { 5 } })),
        build("a body that is nil", invalid, &plain.call(nil)),
        build("a body that is a BasicObject", [invalid, error(NoMethodError)], &plain.call(BasicObject.new)),
        build("a body that is an Integer", invalid, &plain.call(5)),
        build("a body whose inspect raises", [invalid, error(Failed)], &plain.call(body { define(:inspect) { raise Failed } })),
        build("a body whose class lies", [response("one, two"), invalid, error(NoMethodError)], &plain.call(body do
          define(:class) { Array }
          define(:is_a?) { |_| true }
          define(:instance_of?) { |_| false }
          define(:each) { |&block| block.call("one, two") }
        end)),
        build("a body that is an Array of a class whose each lies", [response("one, two"), response("lie")],
              &plain.call(Class.new(Array) { def each = yield("lie") }.new(["one, ", "two"]))),
        build("a body that is an Array of a class whose size lies", response("one, two"),
              &plain.call(Class.new(Array) { def size = 1_000_000 }.new(["one, ", "two"]))),
        build("a body whose chunk shrinks the body", [response(""), response("one, "), response("one, two"), invalid, error(NoMethodError)], &lambda do |_|
          chunks = ["one, "]
          chunks << body { define(:to_s) { chunks.clear; "" } } << "two"
          [200, HEADERS.dup, chunks]
        end),
        build("a body that is frozen", response("one, two"), &plain.call(["one, ".dup.freeze, "two".dup.freeze].freeze)),
        # In a streamed response, the client may already have everything.
        build("a streaming body that writes after close", error(IOError), streamed: [error("Lamby::Runtime::StreamClosed"), response("one")],
              &plain.call(->(stream) { stream.write("one"); stream.close; stream.write("two") })),
        build("a streaming body that closes twice", response("one"), &plain.call(->(stream) { stream.write("one"); 2.times { stream.close } })),
        build("a streaming body that frees what it wrote", response("#{"one" * 50_000}two"), &plain.call(lambda { |stream|
          chunk = "one" * 50_000
          stream.write(chunk)
          chunk.clear
          stream.write("two")
          stream.close
        }))
      ]
    end

    # Chunks that are Strings are sent with the bytes that they have, and nil is an empty chunk. Others are not allowed
    # by Rack.
    def chunks
      invalid = error("Lamby::InvalidResponse")
      values = {
        "text" => %w[text text], "binary" => ["\xFF\x00\r\n".b, "\xFF\x00\r\n"], "broken UTF-8" => ["a\xFF", "a\xFF"],
        "UTF-16" => ["tö".encode("UTF-16LE"), "tö".encode("UTF-16LE")], "long" => ["ü" * 300_000, "ü" * 300_000],
        "long binary" => ["\xFE".b * 300_000, "\xFE".b * 300_000], "empty" => ["", ""], "shared" => [("x" * 10_000)[5_000..], "x" * 5_000],
        "of a class" => [Class.new(String).new("text"), "text"],
        "of a class that lies" => [Class.new(String) { %i[bytesize length size].each { |it| define_method(it) { 1 << 40 } }; def ==(_other) = true }.new("text"), "text"],
        "of a class whose == frees it" => [-> { freeing_class }, "A" * 1_000_000],
        "nil" => [nil, ""]
      }
      named = body { define(:to_s) { "text" }; define(:inspect) { "text" } }
      others = { "an Integer" => 5, "a Symbol" => :text, "an Array" => ["text"], "an object" => named,
                 "an object with to_str" => body { define(:to_str) { "text" }; define(:to_s) { "text" } } }
      containers = {
        "alone in an Array" => ->(chunk) { [chunk] }, "in an Array" => ->(chunk) { [chunk, ""] },
        "from each" => ->(chunk) { body { define(:each) { |&block| block.call(chunk) } } }
      }
      containers.flat_map do |place, contain|
        values.map { |name, (chunk, text)| build("a chunk #{place}: #{name}", response(text)) { |_| [200, HEADERS.dup, contain.call(chunk.respond_to?(:call) ? chunk.call : chunk)] } } +
          others.map do |name, chunk|
            # A stream takes what has a to_s, as IO#write does.
            build("a chunk #{place}: #{name}", invalid, streamed: [response(chunk.to_s), invalid]) { |_| [200, HEADERS.dup, contain.call(chunk)] }
          end
      end
    end

    def freeing_class
      chunk = nil
      junk = []
      type = Class.new(String) do
        define_singleton_method(:==) { |_| chunk.replace(""); 10.times { junk << ("SECRET" * 150_000) }; false }
        define_singleton_method(:equal?) { |_| self == nil } # rubocop:disable Style/NilComparison -- it is hostile
      end
      # Appended: a copy would share its bytes with the original, and free nothing.
      chunk = type.new << ("A" * 1_000_000)
    end

    def headers
      invalid = error("Lamby::InvalidResponse")
      fine = response("one, two")
      with = ->(headers) { ->(_) { [200, headers, ["one, two"]] } }
      values = { "a Symbol" => :a, "an Integer" => 5, "a Float" => 0.5, "nil" => nil, "an Array" => %w[a b], "an empty Array" => [],
                 "text that is not ASCII" => "ü", "bytes" => "\xFF".b, "long" => "x" * 10_000, "an Array of objects" => [5, :a, nil] }
      # A header whose name is not a token is dropped, as on Puma.
      names = { "a Symbol" => [:"x-own", fine], "an Integer" => [5, invalid], "nil" => [nil, invalid], "empty" => ["", fine],
                "with a space" => ["x own", fine], "with a line break" => ["x\r\ny", fine], "not ASCII" => ["xü", fine],
                "bytes" => ["\xFF".b, fine], "long" => ["x" * 70_000, [invalid, fine]], "an object" => [Object.new, invalid],
                "of a class that lies" => [Class.new(String) { def to_s = "x y" }.new("x-own"), fine] }
      values.map { |name, value| build("a header value: #{name}", fine, &with.call({ "x-own" => value })) } +
        names.map { |name, (key, outcome)| build("a header name: #{name}", outcome, &with.call({ key => "value" })) } +
        changing_headers(fine, invalid)
    end

    def changing_headers(fine, invalid)
      [
        ["headers that get a key while they are read", ->(headers) { headers["x-#{headers.size}"] = "new" }, [fine, error(RuntimeError)]],
        ["headers that lose all keys while they are read", :clear.to_proc, fine],
        ["headers whose values are freed while they are read", ->(headers) { headers.values.grep(String).reject(&:frozen?).each(&:clear) }, fine],
        ["headers that are replaced while they are read", ->(headers) { headers.replace("a" => "b") }, [fine, error(RuntimeError)]],
        ["headers that are hashed again while they are read", ->(headers) { headers.rehash }, [fine, error(RuntimeError)]],
        ["headers that are compared by identity while they are read", ->(headers) { headers.compare_by_identity }, [fine, error(RuntimeError)]]
      ].map do |name, change, outcome|
        build(name, outcome) do |_|
          headers = { "x-a" => +"a" * 100 }
          headers["x-change"] = body { define(:to_s) { change.call(headers); "changed" } }
          20.times { |number| headers["x-b#{number}"] = +"b" * 100 }
          [200, headers, ["one, two"]]
        end
      end + [
        build("headers with a default", fine) { |_| [200, Hash.new { |_, _| raise Failed }, ["one, two"]] },
        build("headers of a class whose each lies", fine) { |_| [200, Class.new(Hash) { def each = raise(Failed) }.new.merge!("x-own" => "1"), ["one, two"]] },
        build("headers that are frozen", fine) { |_| [200, { "x-own" => "1" }.freeze, ["one, two"]] },
        build("headers by the thousand", fine, streamed: invalid) { |_| [200, (1..20_000).to_h { |number| ["x-#{number}", "1"] }, ["one, two"]] },
        build("headers that are nil", invalid) { |_| [200, nil, ["one, two"]] },
        build("headers that are an Array", invalid) { |_| [200, [%w[a b]], ["one, two"]] },
        build("headers whose to_hash is no Hash", [invalid, error(TypeError), error(NoMethodError)]) { |_| [200, body { define(:to_hash) { 5 } }, ["one, two"]] },
        build("headers whose each yields pairs", fine) { |_| [200, body { define(:each) { |&block| block.call("x-own", "1") } }, ["one, two"]] },
        build("headers whose each yields no pairs", [fine, invalid, error(TypeError)]) { |_| [200, body { define(:each) { |&block| block.call(5) } }, ["one, two"]] },
        build("a header value whose to_s is no String", [invalid, error(TypeError), fine]) { |_| [200, { "x-own" => body { define(:to_s) { 5 } } }, ["one, two"]] }
      ]
    end

    def statuses
      invalid = error("Lamby::InvalidResponse")
      fine = ->(status) { response("one, two", status) }
      # Rack 2 allows what `to_i` turns into a status. Rack 3 requires an Integer.
      loose = ->(status) { [fine.call(status), invalid] }
      {
        "200" => [200, fine.call(200)], "999" => [999, fine.call(999)], "99" => [99, invalid], "1000" => [1000, invalid],
        "0" => [0, invalid], "-200" => [-200, invalid], "2 to the power of 64" => [2**64, invalid], "minus that" => [-(2**64), invalid],
        "nil" => [nil, invalid], "true" => [true, invalid], "a Symbol" => [:ok, invalid], "an Array" => [[200], invalid],
        "an object" => [Object.new, invalid], "a BasicObject" => [BasicObject.new, [invalid, error(NoMethodError)]],
        "digits" => ["200", loose.call(200)], "digits of a class" => [Class.new(String).new("200"), loose.call(200)],
        "digits and a reason" => ["201 Created", loose.call(201)], "no digits" => ["OK", invalid], "empty" => ["", invalid],
        "bytes" => ["\xFF".b, invalid], "UTF-16" => ["200".encode("UTF-16LE"), [invalid, error(Encoding::CompatibilityError)]],
        "a Float" => [200.0, loose.call(200)], "not a number" => [Float::NAN, [invalid, error(FloatDomainError)]],
        "infinity" => [Float::INFINITY, [invalid, error(FloatDomainError)]], "a Rational" => [200r, loose.call(200)],
        "an object with to_i" => [body { define(:to_i) { 200 } }, loose.call(200)],
        "an object whose to_i raises" => [body { define(:to_i) { raise Failed } }, [invalid, error(Failed)]],
        "an object whose to_i is nil" => [body { define(:to_i) { nil } }, [invalid, error(TypeError), error(NoMethodError)]],
        "an object whose inspect raises" => [body { define(:inspect) { raise Failed } }, [invalid, error(Failed)]],
        "an object whose inspect is no String" => [body { define(:inspect) { 5 } }, [invalid, error(TypeError)]],
        "an object whose inspect is long" => [body { define(:inspect) { "x" * 10_000_000 } }, invalid],
        "an object whose class is nameless" => [body { define_singleton_method(:name) { raise Failed } }, [invalid, error(Failed)]]
      }.map { |name, (status, outcome)| build("a status: #{name}", outcome) { |_| [status, HEADERS.dup, ["one, two"]] } }
    end

    def shapes
      invalid = error("Lamby::InvalidResponse")
      fine = response("one, two")
      triplet = -> { [200, HEADERS.dup, ["one, two"]] }
      {
        "nil" => [-> {}, invalid], "empty" => [-> { [] }, invalid], "two elements" => [-> { triplet.call.first(2) }, invalid],
        "four elements" => [-> { triplet.call << 5 }, invalid], "a Hash" => [-> { { status: 200 } }, invalid],
        "frozen" => [-> { triplet.call.freeze }, fine], "a Struct" => [-> { Struct.new(:a, :b, :c).new(*triplet.call) }, [invalid, fine]],
        "an Array of a class" => [-> { Class.new(Array).new(triplet.call) }, fine],
        "an Array whose size lies" => [-> { Class.new(Array) { def size = 3 }.new(triplet.call.first(2)) }, [invalid, error(NoMethodError)]],
        "an object whose to_ary is nil" => [-> { body { define(:to_ary) { nil } } }, [invalid, error(TypeError)]],
        "an object whose inspect raises" => [-> { body { define(:inspect) { raise Failed } } }, [invalid, error(Failed)]],
        "a BasicObject" => [-> { BasicObject.new }, [invalid, error(NoMethodError)]]
      }.map { |name, (make, outcome)| build("a response: #{name}", outcome) { |_| make.call } }
    end

    # The caller gets the exception itself; Lambda gets its name, or any that is of Lambda's form.
    def exceptions
      exception = ->(parent = StandardError, &methods) { Class.new(parent, &methods) }
      any = ["error", "*"]
      {
        "without a name" => -> { raise exception.call },
        "whose backtrace is a String" => -> { raise(exception.call { def backtrace = "a:1\nb:2" }) },
        "whose backtrace raises" => -> { raise(exception.call { def backtrace = raise("x") }) },
        "whose backtrace is a number" => -> { raise(exception.call { def backtrace = 5 }) },
        "whose backtrace_locations are numbers" => -> { raise(exception.call { def backtrace_locations = [5] }) },
        "whose backtrace_locations raise" => -> { raise(exception.call { def backtrace_locations = raise("x") }) },
        "whose message raises" => -> { raise(exception.call { def message = raise("x") }) },
        "whose message raises NotImplementedError" => -> { raise(exception.call { def message = raise(NotImplementedError) }) },
        "whose message recurses" => -> { raise(exception.call { def message = message }) },
        "whose message is nil" => -> { raise(exception.call { def message = nil }) },
        "whose message is a number" => -> { raise(exception.call { def message = 5 }) },
        "whose message is an object" => -> { raise(exception.call { def message = BasicObject.new }) },
        "whose message throws" => -> { raise(exception.call { def message = throw(:elsewhere) }) },
        "whose message is bytes" => -> { raise exception.call, "\xFF\x00".b },
        "whose message is UTF-16" => -> { raise exception.call, "ü".encode("UTF-16LE") },
        "whose message is UTF-7" => -> { raise exception.call, (+"a").force_encoding("UTF-7") },
        "whose message is long" => -> { raise exception.call, "\u0001" * 10_000_000 },
        "whose to_s raises" => -> { raise(exception.call { def to_s = raise("x") }) },
        "whose full_message raises" => -> { raise(exception.call { def full_message(**) = raise("x") }) },
        "whose detailed_message raises" => -> { raise(exception.call { def detailed_message(**) = raise("x") }) },
        "whose inspect raises" => -> { raise(exception.call { def inspect = raise("x") }) },
        "whose class takes an argument for its name" => -> { raise(exception.call { def self.name(_) = "x" }) },
        "whose class has no String for its name" => -> { raise(exception.call { def self.name = 5 }) },
        "whose class raises for its name" => -> { raise(exception.call { def self.name = raise("x") }) },
        "whose class lies" => -> { raise(exception.call { def class = nil }) },
        "whose cause is a circle" => lambda {
          one = exception.call.new("one")
          two = exception.call.new("two")
          one.define_singleton_method(:cause) { two }
          two.define_singleton_method(:cause) { one }
          raise one
        },
        "whose cause raises" => -> { raise(exception.call { def cause = raise("x") }) },
        "that is frozen" => -> { raise exception.call.new("x").freeze },
        "of an error of Lamby's" => -> { raise Lamby::InvalidEvent, "mine" },
        "of the Runtime API's: Unreachable" => -> { raise Lamby::Runtime::Unreachable, "mine" },
        "of the Runtime API's: Refused" => -> { raise Lamby::Runtime::Refused, "mine" },
        "of the Runtime API's: Unconfirmed" => -> { raise Lamby::Runtime::Unconfirmed, "mine" },
        "of the Runtime API's: TruncatedEvent" => -> { raise Lamby::Runtime::TruncatedEvent.new("mine", "id", nil) },
        "of the Runtime API's: StreamClosed" => -> { raise Lamby::Runtime::StreamClosed, "mine" },
        "that is none" => -> { raise 5 },
        "that ignores its constructor" => -> { raise(exception.call { def self.exception(*) = 5 }) },
        "with standard error closed" => -> { $stderr.close; raise Failed },
        "with standard error a broken pipe" => lambda {
          reader, writer = IO.pipe
          $stderr.reopen(writer)
          [reader, writer].each(&:close)
          raise Failed
        },
        "with standard error full" => -> { $stderr.reopen("/dev/full", "w"); raise Failed },
        "with standard error nothing" => -> { $stderr = Object.new.tap { |it| def it.write(*) = raise("x") }; raise Failed },
        "with JSON.generate patched" => -> { JSON.singleton_class.prepend(Module.new { def generate(*) = raise("patched") }); raise Failed },
        "in a folder that is gone" => -> { Dir.chdir(folder = Dir.mktmpdir); Dir.rmdir(folder); raise Failed }
      }.map { |name, act| build("an exception #{name}", any) { |_| act.call } } + [
        build("an exception that is the end of the process: SIGTERM", any, ends: true) { |_| raise SignalException, "SIGTERM" },
        build("a thread that is killed", any, ends: true, modes: %i[buffered streamed]) { |_| Thread.current.kill },
        build("a thread that is raised into", error(Failed)) { |_| main = Thread.current; Thread.new { main.raise(Failed) }.join; sleep }
      ]
    end

    def environments
      fine = response("one, two")
      changes = {
        "is cleared" => :clear.to_proc, "is frozen" => :freeze.to_proc,
        "has another method" => ->(env) { env["REQUEST_METHOD"] = 5 }, "has no input" => ->(env) { env.delete("rack.input") },
        "has its input closed" => ->(env) { env["rack.input"].close }, "has callbacks that are none" => ->(env) { env["rack.response_finished"] << 5 },
        "has a callback that raises" => ->(env) { env["rack.response_finished"] << ->(*) { raise Failed } },
        "has a callback that recurses" => ->(env) { env["rack.response_finished"] << ->(*) { (deep = -> { deep.call + 1 }).call } },
        "has a callback that adds a callback" => ->(env) { (replied = env["rack.after_reply"]) << -> { replied << -> {} } },
        "has its callbacks replaced" => ->(env) { env["rack.response_finished"] = nil },
        "has itself for a value" => ->(env) { env["self"] = env },
        "is in a Hash that compares by identity" => :compare_by_identity.to_proc
      }
      changes.map { |name, change| build("an env that #{name}", fine) { |env| change.call(env); [200, HEADERS.dup, ["one, two"]] } } + [
        build("an env whose context is used for another event", fine) { |env| nested(env); [200, HEADERS.dup, ["one, two"]] },
        build("an env whose context is used for another event within a body", fine) do |env|
          [200, HEADERS.dup, body { define(:each) { |&block| block.call("one, "); HostileApplication.nested(env); block.call("two") } }]
        end,
        build("an env whose context is used for another event within a streaming body", fine) do |env|
          [200, HEADERS.dup, ->(stream) { stream.write("one, "); nested(env); stream.write("two"); stream.close }]
        end,
        build("an event that is changed", fine) { |env| event = env["lambda.event"]; event.clear if event.respond_to?(:clear); [200, HEADERS.dup, ["one, two"]] },
        build("an env whose strings are changed", fine) { |env| env.each_value { |it| it.replace("x" * 1000) if it.is_a?(String) && !it.frozen? }; [200, HEADERS.dup, ["one, two"]] }
      ]
    end

    # Several threads call the handler with one object, or change it meanwhile.
    def threads
      fine = response("one, two")
      share = lambda do |name, expected = "one, two", &make|
        build("threads that share #{name}", fine) do |_|
          shared = make.call
          bodies = Array.new(4) { Thread.new { Array.new(20) { inner(shared) } } }.flat_map(&:value).uniq
          [200, HEADERS.dup, bodies == [expected] ? ["one, two"] : ["wrong: #{bodies.inspect[0, 200]}"]]
        end
      end
      changes = {
        "the chunks" => ->(chunks, _) { chunks.replace(["one, ", "two"]) }, "a chunk's bytes" => ->(chunks, _) { chunks.first.replace("x" * rand(10_000)) },
        "the headers" => ->(_, headers) { headers.clear }
      }
      [
        share.call("a response") { [200, HEADERS, ["one, two"]] },
        share.call("a body") { [200, HEADERS, body { define(:each) { |&block| block.call("one, "); Thread.pass; block.call("two") } }] },
        share.call("headers whose values yield") { [200, { "x" => body { define(:to_s) { Thread.pass; "1" } } }, ["one, two"]] },
        share.call("a long body", "x" * 400_000) { [200, HEADERS, ["x" * 400_000]] }
      ] + changes.map do |what, change|
        build("a thread that changes #{what} meanwhile", fine) do |_|
          chunks = [+"one, ", "two"]
          headers = HEADERS.dup
          going = true
          changer = Thread.new { (change.call(chunks, headers); Thread.pass) while going }
          # The response depends on the moment, but there must be one, or an exception.
          50.times { inner([200, headers, chunks]) }
          going = false
          changer.join
          [200, HEADERS.dup, ["one, two"]]
        end
      end
    end

    def inner(response)
      JSON.parse(Lamby.handler(->(_) { response }, JSON.generate(EVENT), Context.new("inner")))["body"]
    rescue Lamby::Error, RuntimeError => e
      e.class.name
    end
  end
end
# rubocop:enable Style/Semicolon
