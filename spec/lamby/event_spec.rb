# frozen_string_literal: true

RSpec.describe Lamby::Event do
  subject(:event) { described_class.new('{"a": {"b": 1}}') }

  it "has the methods of a Hash, and the content of its JSON" do
    expect(event["a"]).to eq("b" => 1)
    expect(event.dig("a", "b")).to eq(1)
    expect(event.fetch("c", 2)).to eq(2)
    expect(event.key?("a")).to be(true)
    expect(event.map { |key, _| key }).to eq(["a"])
    expect({}.merge(event)).to eq("a" => { "b" => 1 })
    expect(event).to respond_to(:transform_keys).and eq("a" => { "b" => 1 })
    expect { event.no_such_thing }.to raise_error(NoMethodError)
  end

  it "parses its JSON once, at the first access" do
    expect(JSON).to receive(:parse).once.and_call_original
    3.times { event["a"] }
  end

  it "is serialized as the original JSON, or as its current content if it was changed" do
    expect(event.to_json).to eq('{"a": {"b": 1}}')
    event["a"]["b"] = 2
    event["c"] = 3
    expect(event.to_json).to eq('{"a":{"b":2},"c":3}')
    expect(JSON.generate([event])).to eq('[{"a":{"b":2},"c":3}]')
  end

  it "does not change when a copy of it is changed, and has the same to_s as a Hash" do
    copy = event.tap(&:to_h).dup
    copy["x"] = 1
    expect(event.key?("x")).to be(false)
    expect(event.to_s).to eq({ "a" => { "b" => 1 } }.to_s)
  end
end
