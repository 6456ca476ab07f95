# frozen_string_literal: true

# rubocop:disable Style/Semicolon -- most rows of the table are one line

module HostileApplication
  class << self
    private

    def environments
      fine = response("one, two")
      changes = {
        "is cleared" => :clear.to_proc, "is frozen" => :freeze.to_proc,
        "has a request method that is a number" => ->(env) { env["REQUEST_METHOD"] = 5 }, "has no input" => ->(env) { env.delete("rack.input") },
        "has its input closed" => ->(env) { env["rack.input"].close }, "has a callback that is a number" => ->(env) { env["rack.response_finished"] << 5 },
        "has a callback that raises" => ->(env) { env["rack.response_finished"] << ->(*) { raise Failed } },
        "has a callback that recurses" => ->(env) { env["rack.response_finished"] << ->(*) { (deep = -> { deep.call + 1 }).call } },
        "has a callback that adds a callback" => ->(env) { (replied = env["rack.after_reply"]) << -> { replied << -> {} } },
        "has its callbacks replaced" => ->(env) { env["rack.response_finished"] = nil },
        "contains itself" => ->(env) { env["self"] = env },
        "compares its keys by identity" => :compare_by_identity.to_proc
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

    # In some rows, several threads return the same object to Lamby. In the other rows, a thread changes an object while
    # Lamby reads it.
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
          # The response depends on the timing, but there must be a response or an exception.
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
