# frozen_string_literal: true

# The whole path, with the garbage collector as unkind as it can be.
RSpec.describe "Garbage collection" do
  let(:app) { MixedEvents::App.new }
  let(:event) do
    # Short strings, whose bytes lie in the object that compaction moves, and long ones.
    http_event(
      method: "POST", headers: (1..40).to_h { |number| ["x-#{number}", "v#{number}" * (number % 4)] }.merge("x-long" => "y" * 500),
      body: ["body" * 100].pack("m0"), isBase64Encoded: true
    )
  end
  let(:echo) do
    ->(env) { [200, { "content-type" => "text/plain", "x-sum" => env.select { |key, _| key.start_with?("HTTP_X_") }.values.join.sum.to_s }, [env["rack.input"].read, "!" * 30]] }
  end

  it "at every allocation changes no answer" do
    json = JSON.generate(event)
    expected = [Lamby.handler(echo, event, lambda_context), Lamby.handler(echo, json, lambda_context)]
    context = lambda_context
    stressed = begin
      GC.stress = true
      [Lamby.handler(echo, event, context), Lamby.handler(echo, json, context)]
    ensure
      GC.stress = false
    end
    expect(stressed).to eq(expected)
  end

  it "at every allocation breaks no event, of any integration" do
    context = lambda_context
    MixedEvents::EVENTS.each_slice(16).map(&:first).each do |event|
      json = JSON.generate(event)
      GC.stress = true
      [Lamby.handler(app, event, context), Lamby.handler(app, json, context)]
    ensure
      GC.stress = false
    end
  end

  it "at every allocation breaks no error either" do
    MixedEvents::BROKEN.each do |broken|
      expect do
        GC.stress = true
        Lamby.handler(app, broken, nil)
      ensure
        GC.stress = false
      end.to raise_error(Lamby::Error)
    end
  end

  it "finds every reference after everything was moved", if: GC.respond_to?(:verify_compaction_references) do
    expected = Lamby.handler(echo, event, lambda_context)
    MixedEvents.answer_all(app, lambda_context)
    GC.verify_compaction_references(**(RUBY_VERSION < "3.2" ? { double_heap: true } : { expand_heap: true }), toward: :empty)
    MixedEvents.answer_all(app, lambda_context)
    expect(Lamby.handler(echo, event, lambda_context)).to eq(expected)
  end

  it "that compacts at any time changes no answer", if: GC.respond_to?(:auto_compact=) do
    json = JSON.generate(event)
    expected = Lamby.handler(echo, event, lambda_context)
    GC.auto_compact = true
    500.times do |number|
      # Holes for compaction to fill, between the strings of a new event.
      garbage = Array.new(200) { |it| "garbage #{it} #{number}" }
      copy = JSON.parse(json)
      garbage.clear
      GC.start if (number % 20).zero?
      expect(Lamby.handler(echo, copy, lambda_context)).to eq(expected)
    end
  ensure
    GC.auto_compact = false if GC.respond_to?(:auto_compact=)
  end

  it "that moves the event's own strings while it is read changes no env", if: GC.respond_to?(:auto_compact=) do
    # Called below lib/, where nothing is allocated before the event is read: so the
    # first allocation, and with it compaction, comes while the env is filled.
    native = Lamby.module_eval("Native", __FILE__, __LINE__)
    json = JSON.generate(event)
    expected = event["headers"].except("host").transform_keys { |name| "HTTP_#{name.upcase.tr("-", "_")}" }
    5.times do
      # The event lies behind garbage: compaction moves its short strings, bytes and
      # all, to where that was.
      garbage = Array.new(100_000) { |number| "garbage #{number}" }
      copy = JSON.parse(json)
      env = {}
      more = []
      garbage.clear
      GC.auto_compact = true
      GC.stress = true
      native.request(env, more, copy, nil, nil, nil, nil, nil)
      GC.stress = false
      GC.auto_compact = false
      expect(env).to include(expected)
    end
  ensure
    GC.stress = false
    GC.auto_compact = false if GC.respond_to?(:auto_compact=)
  end
end
