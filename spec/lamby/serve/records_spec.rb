# frozen_string_literal: true

require "lamby/serve/http_request"
require "lamby/serve/records"

RSpec.describe "Lamby::Serve::Records" do
  subject(:records) { Lamby::Serve::Records.new }

  def start(records, id, event: "{}", title: "GET /", **options)
    records.start(id: id, kind: :http, integration: :function_url, title: title, event: event, request: nil, **options)
  end

  def ids(list) = list.map(&:id)

  it "returns the newest records first, in pages" do
    5.times { |number| start(records, "id-#{number}") }
    first = records.page(limit: 2)
    expect(ids(first)).to eq(%w[id-4 id-3])
    expect(ids(records.page(before: first.last.number, limit: 2))).to eq(%w[id-2 id-1])
  end

  it "summarises an invocation from its arrival to its end" do
    record = start(records, "id")
    expect(record.summary).to include(state: :queued, title: "GET /", kind: :http, integration: :function_url, revision: 0)
    records.environment(number: 1, state: :ready, init_ms: 250, pid: Process.pid)
    record.handed_over(environment: 1, cold: true)
    expect(record.summary).to include(state: :running, cold: true, environment: 1)
    record.finish(outcome: :response, status: 201, headers: [%w[a b]], payload: "{}")
    expect(record.summary).to include(state: :done, outcome: :response, status: 201, revision: 2)
    expect(record.init_ms).to eq(250)
    expect(record.finished_at).to be >= record.handed_over_at
  end

  it "keeps the first outcome of an invocation that finishes twice" do
    record = start(records, "id")
    record.finish(outcome: :timeout, status: 504)
    record.finish(outcome: :response, status: 200, payload: "late")
    expect(record.summary).to include(outcome: :timeout, status: 504)
    expect(record.payload).to be_nil
  end

  it "shows the status that a client would get if the event of a request was replayed" do
    good = start(records, "good")
    good.finish(outcome: :response, payload: "{\"statusCode\":418,\"headers\":{\"a\":\"b\"}}")
    expect(good.summary).to include(status: 418, outcome: :response)
    expect(good.headers).to include(%w[a b])
    bad = start(records, "bad")
    bad.finish(outcome: :response, payload: "{\"statusCode\":\"none\"}")
    expect(bad.summary).to include(outcome: :malformed, error: a_string_including("would refuse this payload"))
  end

  it "reads how much memory the environment has used at most" do
    skip "The system is not Linux." unless File.exist?("/proc/self/status")
    records.environment(number: 3, state: :ready, pid: Process.pid)
    record = start(records, "id")
    record.handed_over(environment: 3, cold: false)
    record.finish(outcome: :response)
    expect(record.memory).to be > 1024 * 1024
  end

  it "does not raise when the process of the environment is gone" do
    records.environment(number: 3, state: :ready, pid: 2**22)
    record = start(records, "id")
    record.handed_over(environment: 3, cold: false)
    expect { record.finish(outcome: :crashed) }.not_to raise_error
  end

  it "accepts bytes of every kind, nil, and calls after the end" do
    record = start(records, "id", event: "\xFF\0", title: "GET /\xFF")
    record.finish(outcome: :error, status: nil, headers: nil, error: "no Hash")
    record.chunk(nil)
    record.log("\xFF\n")
    record.handed_over(environment: nil, cold: nil)
    expect(JSON.generate(record.summary)).to include("GET /\uFFFD")
  end

  describe "with limits" do
    subject(:records) { Lamby::Serve::Records.new(limit: 3, bytes: 1000) }

    it "removes the oldest record" do
      5.times { |number| start(records, "id-#{number}") }
      expect(ids(records.page)).to eq(%w[id-4 id-3 id-2])
      expect(records["id-0"]).to be_nil
    end

    it "removes the contents of the oldest record, and keeps its summary" do
      first = start(records, "first", event: "a" * 600)
      second = start(records, "second", event: "b" * 300)
      second.log("c" * 200)
      expect(first).to be_forgotten
      expect(first.event).to be_nil
      expect(first.event_size).to eq(600)
      expect(second.event.bytes).to eq("b" * 300)
      expect(records.bytes).to eq(500)
      expect(ids(records.page)).to eq(%w[second first])
    end

    it "counts chunks, log lines and payloads" do
      record = start(records, "id", event: "a" * 100)
      record.chunk("b" * 10)
      record.log("c" * 20)
      record.finish(outcome: :response, payload: "d" * 30)
      expect(records.bytes).to eq(160)
    end

    it "keeps nothing of a record that it has removed, even if the invocation continues" do
      record = start(records, "id")
      3.times { |number| start(records, "later-#{number}") }
      bytes = records.bytes
      record.chunk("a" * 100)
      record.finish(outcome: :response, payload: "b" * 100)
      expect(records.bytes).to eq(bytes)
      expect(record.payload).to be_nil
      expect(record.chunks.bytes).to eq("")
    end

    it "forgets everything when it is cleared" do
      start(records, "id", event: "a" * 100)
      records.clear
      expect(records.page).to eq([])
      expect(records.bytes).to eq(0)
    end
  end

  it "keeps the beginning of a long stream, and counts the rest" do
    record = start(records, "id")
    3000.times { record.chunk("a" * 1024) }
    expect(record.chunks.count).to eq(3000)
    expect(record.chunks.size).to eq(3000 * 1024)
    expect(record.chunks.bytes.bytesize).to be <= 1024 * 1024
    expect(record.chunks).not_to be_whole
  end

  it "keeps the beginning of an event that Lambda would refuse" do
    record = start(records, "id", event: "a" * (20 * 1024 * 1024))
    expect(record.event_size).to eq(20 * 1024 * 1024)
    expect(records.bytes).to be < 8 * 1024 * 1024
    expect(record.event).not_to be_whole
  end

  it "gives the page no half character" do
    text = Lamby::Serve::Record::Text.new("é" * 10)
    expect(text.to_h(3)).to eq(size: 20, cut: true, text: "é")
    expect(text.to_h).to eq(size: 20, cut: false, text: "é" * 10)
    expect(Lamby::Serve::Record::Text.new("\xFF").to_h).to eq(size: 1, cut: false, base64: "/w==")
  end

  describe "with a subscriber" do
    let!(:subscription) { records.subscribe }

    it "tells the subscriber about records and environments" do
      start(records, "id").log("line")
      records.environment(number: 1, state: :failed, message: "boom", log: "trace")
      changes = subscription.take(Waiting::LIMIT)
      expect(ids(changes.records)).to eq(%w[id])
      expect(changes.environments).to eq([{ number: 1, state: :failed, message: "boom", log: "trace" }])
      expect(subscription.take(0)).to be_nil
    end

    it "wakes a subscriber that waits" do
      waiting = Thread.new { subscription.take(Waiting::LIMIT) }
      wait_until("the thread to wait") { waiting.stop? }
      start(records, "id")
      expect(ids(waiting.value.records)).to eq(%w[id])
    end

    it "tells a slow subscriber to load everything again" do
      1001.times { |number| start(records, "id-#{number}") }
      changes = subscription.take(0)
      expect(changes.reload).to be(true)
      expect(changes.records).to eq([])
      start(records, "next")
      expect(ids(subscription.take(0).records)).to eq(%w[next])
    end

    it "tells the subscriber to load everything again after it was cleared" do
      records.clear
      expect(subscription.take(0).reload).to be(true)
    end

    it "closes the oldest of too many subscriptions" do
      32.times { records.subscribe }
      expect(subscription).to be_closed
      expect(subscription.take(Waiting::LIMIT)).to be_nil
    end

    it "does not tell a subscriber that has unsubscribed" do
      records.unsubscribe(subscription)
      start(records, "id")
      expect(subscription.take(0)).to be_nil
    end
  end

  it "counts correctly when many threads use it" do
    records = Lamby::Serve::Records.new(limit: 50, bytes: 10_000)
    threads = Array.new(8) do |thread|
      Thread.new do
        200.times do |number|
          record = start(records, "#{thread}-#{number}", event: "a" * number)
          record.handed_over(environment: thread, cold: number.zero?)
          record.chunk("b" * 50)
          record.log("c" * 50)
          record.finish(outcome: :response, payload: "d" * 50)
          records.page.each(&:summary)
        end
      end
    end
    threads.each(&:join)
    kept = records.page.reject(&:forgotten?).sum { |record| [record.event, record.payload, record.chunks, record.log_lines].sum { |part| part.bytes.bytesize } }
    expect(records.page.size).to eq(50)
    expect(records.bytes).to eq(kept)
    expect(records.page.map(&:number)).to eq((1551..1600).to_a.reverse)
  end
end
