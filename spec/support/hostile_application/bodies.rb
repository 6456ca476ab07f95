# frozen_string_literal: true

# rubocop:disable Style/Semicolon -- most rows of the table are one line

module HostileApplication
  class << self
    private

    # Each action has two parts: the code that a method of the application runs when Lamby calls the method, and the
    # exception that the code raises. If the exception is nil, the client must get the application's usual response.
    def actions
      {
        "raises" => [-> { raise Failed, "raised" }, Failed],
        "raises an Exception" => [-> { raise Fatal, "raised" }, Fatal],
        "raises NotImplementedError" => [-> { raise NotImplementedError }, NotImplementedError],
        "raises StopIteration" => [-> { raise StopIteration }, StopIteration],
        "throws" => [-> { throw :elsewhere }, UncaughtThrowError],
        "calls Fiber.yield outside of a fiber" => [-> { Fiber.yield }, FiberError],
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

    # Each lambda gets an action, and returns an application that runs the action and responds with "one, two".
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

    def lying_bodies
      plain = ->(body) { ->(_) { [200, HEADERS.dup, body] } }
      invalid = error("Lamby::InvalidResponse")
      [
        build("a body that uses one buffer for all chunks", response("one, two"), &plain.call(body do
          define(:each) { |&block| buffer = +""; ["one, ", "two"].each { |it| block.call(buffer.replace(it)) }; buffer.clear }
        end)),
        build("a body that frees each chunk after yielding it", response(("x" * 100_000) + ("y" * 100_000)), &plain.call(body do
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
        build("a body that is a lazy enumerator", response("one, two"), &plain.call(Enumerator.new { |chunks| chunks << "one, " << "two" }.lazy)),
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
        build("a body whose to_ary does not return an Array", wrong = [invalid, error(TypeError), error(NoMethodError)], streamed: [*wrong, response("5")],
              &plain.call(body { define(:to_ary) { 5 } })),
        build("a body that is nil", invalid, &plain.call(nil)),
        build("a body that is a BasicObject", [invalid, error(NoMethodError)], &plain.call(BasicObject.new)),
        build("a body that is an Integer", invalid, &plain.call(5)),
        build("a body whose inspect raises", [invalid, error(Failed)], &plain.call(body { define(:inspect) { raise Failed } })),
        build("a body with a wrong class and is_a?", [response("one, two"), invalid, error(NoMethodError)], &plain.call(body do
          define(:class) { Array }
          define(:is_a?) { |_| true }
          define(:instance_of?) { |_| false }
          define(:each) { |&block| block.call("one, two") }
        end)),
        build("a body of a subclass of Array with a wrong each", [response("one, two"), response("lie")],
              &plain.call(Class.new(Array) { def each = yield("lie") }.new(["one, ", "two"]))),
        build("a body of a subclass of Array with a wrong size", response("one, two"),
              &plain.call(Class.new(Array) { def size = 1_000_000 }.new(["one, ", "two"]))),
        build("a body whose chunk shrinks the body", [response(""), response("one, "), response("one, two"), invalid, error(NoMethodError)], &lambda do |_|
          chunks = ["one, "]
          chunks << body { define(:to_s) { chunks.clear; "" } } << "two"
          [200, HEADERS.dup, chunks]
        end),
        build("a body that is frozen", response("one, two"), &plain.call(["one, ".dup.freeze, "two".dup.freeze].freeze)),
        # The streamed response may have reached the client before the second write raises.
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

    # Rack allows only Strings as chunks. Lamby sends a String's bytes, and sends nothing for nil. A buffered response
    # with other chunks raises InvalidResponse.
    def chunks
      invalid = error("Lamby::InvalidResponse")
      values = {
        "text" => %w[text text], "binary" => ["\xFF\x00\r\n".b, "\xFF\x00\r\n"], "broken UTF-8" => ["a\xFF", "a\xFF"],
        "UTF-16" => ["tö".encode("UTF-16LE"), "tö".encode("UTF-16LE")], "long" => ["ü" * 300_000, "ü" * 300_000],
        "long binary" => ["\xFE".b * 300_000, "\xFE".b * 300_000], "empty" => ["", ""], "shared" => [("x" * 10_000)[5_000..], "x" * 5_000],
        "of a subclass of String" => [Class.new(String).new("text"), "text"],
        "of a subclass with wrong sizes" => [Class.new(String) { %i[bytesize length size].each { |it| define_method(it) { 1 << 40 } }; def ==(_other) = true }.new("text"), "text"],
        "of a subclass whose == frees it" => [-> { freeing_class }, "A" * 1_000_000],
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
            # A stream accepts every object that has the method to_s, as IO#write does.
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
      # Appends to an empty String, which copies the bytes. With `type.new("A" * 1_000_000)`, two Strings would share
      # the bytes, and `replace` would free nothing.
      chunk = type.new << ("A" * 1_000_000)
    end
  end
end
# rubocop:enable Style/Semicolon
