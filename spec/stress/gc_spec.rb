# frozen_string_literal: true

# Runs whole requests while the garbage collector runs as often as possible.
RSpec.describe "Garbage collection" do
  # A minor collection (GC.stress = 1) frees new objects that are unmarked. It is 40 times as fast as a full collection.
  { "minor" => [1, {}], "full" => [true, { slow: true }] }.each do |kind, (stress, metadata)|
    describe "at every allocation (#{kind})", **metadata do
      it "does not change a response" do
        expect(in_a_process(<<~RUBY)).to eq([true, true])
          event = MixedEvents::MANY_HEADERS
          json = JSON.generate(event)
          expected = [Lamby.handler(MixedEvents::ECHO, event, context), Lamby.handler(MixedEvents::ECHO, json, context)]
          GC.stress = #{stress}
          responses = [Lamby.handler(MixedEvents::ECHO, event, context), Lamby.handler(MixedEvents::ECHO, json, context)]
          GC.stress = false
          puts JSON.generate(responses.zip(expected).map { |response, wanted| response == wanted })
        RUBY
      end

      it "does not affect the responses to any integration, or the errors for malformed events" do
        expect(in_a_process(<<~RUBY)).to be >= 100
          answered = 0
          MixedEvents::EVENTS.zip(MixedEvents::EVENTS.map { |event| JSON.generate(event) }).each do |event, json|
            GC.stress = #{stress}
            Lamby.handler(app, event, context)
            Lamby.handler(app, json, context)
            GC.stress = false
            answered += 2
          end
          MixedEvents::BROKEN.each do |broken|
            GC.stress = #{stress}
            Lamby.handler(app, broken, context)
            abort "answered"
          rescue Lamby::Error
            GC.stress = false
          end
          puts answered
        RUBY
      end
    end
  end

  it "leaves every reference valid after compaction has moved every object", if: GC.respond_to?(:verify_compaction_references) do
    expect(in_a_process(<<~RUBY)).to eq([true])
      expected = Lamby.handler(MixedEvents::ECHO, MixedEvents::MANY_HEADERS, context)
      MixedEvents.answer_all(app, context)
      GC.verify_compaction_references(**(RUBY_VERSION < "3.2" ? { double_heap: true } : { expand_heap: true }), toward: :empty)
      MixedEvents.answer_all(app, context)
      puts JSON.generate([Lamby.handler(MixedEvents::ECHO, MixedEvents::MANY_HEADERS, context) == expected])
    RUBY
  end

  it "that compacts at any time does not change a response", if: GC.respond_to?(:auto_compact=) do
    expect(in_a_process(<<~RUBY)).to eq([500])
      json = JSON.generate(MixedEvents::MANY_HEADERS)
      expected = Lamby.handler(MixedEvents::ECHO, MixedEvents::MANY_HEADERS, context)
      GC.auto_compact = true
      same = 500.times.count do |number|
        # Leaves gaps between the strings of the event. Compaction fills them.
        garbage = Array.new(200) { |it| "garbage \#{it} \#{number}" }
        copy = JSON.parse(json)
        garbage.clear
        GC.start if (number % 20).zero?
        Lamby.handler(MixedEvents::ECHO, copy, context) == expected
      end
      puts JSON.generate([same])
    RUBY
  end

  # Calls the native extension directly, because the extension allocates nothing before it reads the event. So the first
  # allocation, which starts the compaction, happens while the env is filled.
  it "does not change the env if it moves the event's strings while Lamby reads the event", if: GC.respond_to?(:auto_compact=) do
    expect(in_a_process(<<~RUBY)).to eq([true] * 5)
      native = Lamby.module_eval("Native")
      json = JSON.generate(MixedEvents::MANY_HEADERS)
      expected = MixedEvents::MANY_HEADERS["headers"].transform_keys { |name| "HTTP_\#{name.upcase.tr("-", "_")}" }
      same = Array.new(5) do
        # Allocates the event after strings that are then freed. Compaction moves the event's short strings, whose bytes
        # are in the object itself, into the freed slots.
        garbage = Array.new(100_000) { |number| "garbage \#{number}" }
        copy = JSON.parse(json)
        template = {}
        garbage.clear
        GC.auto_compact = true
        GC.stress = true
        env, = native.request(template, copy, nil, nil, nil, nil, nil, nil)
        GC.stress = false
        GC.auto_compact = false
        expected.all? { |key, value| env[key] == value }
      end
      puts JSON.generate(same)
    RUBY
  end
end
