# frozen_string_literal: true

# The extension reads the bytes of Ruby's strings in place. It sends only these bytes and does not crash, whatever the
# application, other threads or the garbage collector do.
RSpec.describe "The memory" do
  # Classes of strings whose methods free the memory of a string.
  odd_strings = <<~RUBY
    # Frees the string's memory and fills it with other bytes.
    def spill(string)
      string.replace("")
      10.times { ($junk ||= []) << ("SECRET" * 170_000) }
      $junk.shift(20) if $junk.size > 40
    end
    class Compared < String
      def self.==(other) = (spill($chunk); false)
      def self.equal?(other) = (spill($chunk); false)
      def self.===(other) = (spill($chunk); false)
    end
    class Converted < String
      def to_s = (spill(self); "other")
      def to_str = (spill(self); "other")
    end
    class Measured < String
      def bytesize = (spill(self); 3)
      def size = (spill(self); 3)
      def length = (spill(self); 3)
      def encoding = (spill(self); Encoding::BINARY)
      def hash = (spill(self); 1)
      def ==(other) = (spill(self); true)
      def eql?(other) = (spill(self); true)
    end
    class Classed < String
      def class = (spill(self); String)
      def is_a?(it) = (spill(self); true)
      def kind_of?(it) = (spill(self); true)
      def frozen? = (spill(self); false)
      def dup = (spill(self); self)
    end
    KINDS = [Compared, Converted, Measured, Classed]
  RUBY

  it "of a body's strings is read before methods that free it can run" do
    expect(in_a_process(<<~RUBY)).to eq([])
      #{odd_strings}
      event = MixedEvents::MANY_HEADERS
      wrong = KINDS.product([1, 30, 1_000_000], [event, JSON.generate(event)], %w[text/plain image/png], [false, true]).reject do |kind, size, sent, type, split|
        2.times.all? do
          $chunk = kind.new("A" * size)
          body = split ? [$chunk, "", nil].compact : [$chunk]
          answer = Lamby.handler(->(_env) { [200, { "content-type" => type }, body] }, sent, context)
          answer = JSON.parse(answer) if answer.is_a?(String)
          bytes = answer.values_at("body", :body).compact.first
          bytes = bytes.unpack1("m") if answer.values_at("isBase64Encoded", :isBase64Encoded).include?(true)
          bytes == "A" * size
        end
      end
      puts JSON.generate(wrong.map { |kind, size, sent, type, split| [kind.name, size, sent.class.name, type, split] })
    RUBY
  end

  it "of a header's strings is read before methods that free it can run" do
    expect(in_a_process(<<~RUBY)).to eq([])
      #{odd_strings}
      event = MixedEvents::MANY_HEADERS
      wrong = KINDS.product([event, JSON.generate(event)]).reject do |kind, sent|
        name, value, part = kind.new("x-name"), kind.new("v" * 1000), kind.new("p" * 1000)
        $chunk = value
        headers = {}.compare_by_identity.merge!(name => value, "x-parts".dup => [part, part])
        answer = Lamby.handler(->(_env) { [200, headers, ["x"]] }, sent, context)
        answer = JSON.parse(answer) if answer.is_a?(String)
        values = answer.values_at("headers", :headers, "multiValueHeaders", :multiValueHeaders).compact.reduce(:merge)
        values["x-name"] == "v" * 1000 && [values["x-parts"]].flatten.join(", ") == "\#{"p" * 1000}, \#{"p" * 1000}"
      end
      puts JSON.generate(wrong.map { |kind, sent| [kind.name, sent.class.name] })
    RUBY
  end

  it "of an event's strings is read before methods that free it can run" do
    expect(in_a_process(<<~RUBY)).to eq([])
      #{odd_strings}
      wrong = KINDS.reject do |kind|
        $chunk = kind.new("v" * 1000)
        header = kind.new("h" * 1000)
        body = kind.new("b" * 100_000)
        event = { "version" => "2.0", "rawPath" => kind.new("/path"), "headers" => { "x-a" => header, "x-b" => $chunk }, "body" => body,
                  "requestContext" => { "http" => { "method" => kind.new("POST") } } }
        env = nil
        Lamby.handler(->(it) { env = it; [200, {}, []] }, event, kind.new("id") && context)
        env.values_at("PATH_INFO", "HTTP_X_A", "HTTP_X_B", "REQUEST_METHOD") == ["/path", "h" * 1000, "v" * 1000, "POST"] &&
          env["rack.input"].read == "b" * 100_000
      end
      puts JSON.generate(wrong.map(&:name))
    RUBY
  end

  it "of strings that Ruby stores in different ways is sent unchanged while compaction moves them", if: GC.respond_to?(:auto_compact=) do
    expect(in_a_process(<<~RUBY)).to eq([])
      GC.auto_compact = true
      long = "0123456789" * 5000
      kinds = {
        embedded: -> { "ab" + "c" }, heap: -> { "x" * 5000 }, frozen: -> { ("y" * 5000).freeze }, literal: -> { "literal".freeze },
        shared: -> { long[10..] }, middle: -> { long[100, 20_000] }, interned: -> { -("k" * 50) }, symbol: -> { :symbol.name },
        subclass: -> { Class.new(String).new("s" * 3000) }, singleton: -> { "t".dup.tap { |it| def it.to_s = "other" } },
        binary: -> { "\\xFF\\x00".b * 3000 }, empty: -> { "" }, latin: -> { "caf\\xE9".dup.force_encoding("ISO-8859-1") }
      }
      event = MixedEvents::MANY_HEADERS
      wrong = kinds.keys.product([event, JSON.generate(event)], [1, 3]).reject do |kind, sent, count|
        3.times.all? do
          garbage = Array.new(100) { |number| "garbage \#{number}" }
          chunks = Array.new(count) { kinds[kind].call }
          wanted = chunks.map(&:b).join
          garbage.clear
          moving = Object.new
          def moving.to_s = (GC.start; "moved")
          answer = Lamby.handler(->(_env) { [200, { "x-moving" => moving }, chunks] }, sent, context)
          answer = JSON.parse(answer) if answer.is_a?(String)
          bytes = answer.values_at("body", :body).compact.first
          bytes = bytes.unpack1("m") if answer.values_at("isBase64Encoded", :isBase64Encoded).include?(true)
          bytes.b == wanted
        end
      end
      puts JSON.generate(wrong.map { |kind, sent, count| [kind, sent.class.name, count] })
    RUBY
  end

  it "of a body that another thread changes is sent as it was before a change or after it, never as a mixture of both" do
    expect(in_a_process(<<~RUBY)).to eq([])
      chunk = "A" * 300_000
      states = ["A" * 300_000, "B" * 200_000]
      turn = 0
      thread = Thread.new { loop { chunk.replace(states[turn = 1 - turn]) } }
      event = MixedEvents::MANY_HEADERS
      bodies = Array.new(200) do |number|
        answer = Lamby.handler(->(_env) { [200, {}, number.even? ? [chunk] : ["", chunk]] }, number % 3 == 0 ? event : JSON.generate(event), context)
        (answer.is_a?(String) ? JSON.parse(answer)["body"] : answer[:body]).dup
      end
      thread.kill
      puts JSON.generate(bodies.reject { |body| states.include?(body) }.map { |body| [body.bytesize, body.squeeze] })
    RUBY
  end
end
