# frozen_string_literal: true

RSpec.describe "Memory use" do
  it "grows by at most 2 MB in 100,000 mixed requests", if: File.exist?("/proc/self/statm") do
    before, after, answered = in_a_process(<<~RUBY)
      rounds = 100_000 / (MixedEvents::EVENTS.size * 2 + MixedEvents::BROKEN.size) + 1
      (rounds / 4).times { MixedEvents.answer_all(app, context) } # Lets Ruby's heap grow to its final size.
      before = resident.call
      rounds.times { MixedEvents.answer_all(app, context) }
      puts JSON.generate([before, resident.call, rounds * (MixedEvents::EVENTS.size * 2 + MixedEvents::BROKEN.size)])
    RUBY
    expect(answered).to be >= 100_000
    expect((after - before) / 1024).to be_between(-2048, 2048), "grew by #{(after - before) / 1024} KB"
  end

  it "is at most 30 new objects for each JSON event that a trivial application handles" do
    objects = in_a_process(<<~RUBY)
      answer = [200, { "content-type" => "text/plain" }, ["hello"]]
      trivial = ->(_env) { answer }
      event = JSON.generate(JSON.parse(File.read(#{File.expand_path("../fixtures/requests/http_api_v2_documented_sample.json", __dir__).inspect}))["event"])
      1_000.times { Lamby.handler(trivial, event, context) }
      GC.disable
      before = GC.stat(:total_allocated_objects)
      100.times { Lamby.handler(trivial, event, context) }
      puts JSON.generate((GC.stat(:total_allocated_objects) - before) / 100.0)
    RUBY
    expect(objects).to be <= 30
  end
end
