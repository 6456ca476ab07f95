# frozen_string_literal: true

# One side, in a process of its own: reads requests as lines of JSON from the
# standard input and answers each with a line. See bench/side.rb, which starts it.

require "digest"
require "json"
# What AWS's Ruby client has loaded before the handler's file.
require "logger"
require "net/http"
require "rack"
require "stringio"

require_relative "adapters"
require_relative "cases"

module Bench
  # Measures one adapter.
  class Worker
    # Seconds of calls before the clock runs. Where bodies are large it takes longer until
    # memory is used again instead of taken from the system and given back.
    WARM_UP = 0.05
    LARGE_WARM_UP = 0.3
    # A batch of quick calls takes a hundredth of a second; one of slow calls has so
    # many that its share of garbage collection is in it.
    BATCH = 0.01
    SLOW_CALLS = 4
    BATCHES = 10
    SLOW_BATCHES = 5
    COUNTED_CALLS = 500

    def initialize(adapter)
      @adapter = adapter
    end

    def hello
      { title: @adapter.title, name: @adapter.name, ruby: RUBY_DESCRIPTION, rack: Rack.release }
    end

    # What the side answers, short enough to compare, and what the application got.
    def answer(id)
      it = case_of(id)
      env = nil
      app = lambda do |given|
        env = given.select { |key, _| key.match?(/\A[A-Z]/) || key == "rack.url_scheme" }
        it.app.call(given)
      end
      payload = JSON.parse(it.way == "bytes" ? call(it, app) : JSON.generate(call(it, app)))
      body = payload["isBase64Encoded"] ? payload["body"].unpack1("m0") : payload["body"]
      env = env&.transform_values { |value| value&.b }
      { status: payload["statusCode"], bytes: body.bytesize, sha256: Digest::SHA256.hexdigest(body), env: env }
    rescue StandardError => e
      { error: "#{e.class}: #{e.message.lines.first&.chomp}" }
    end

    # Microseconds a call, batch for batch, and objects a call.
    def measure(id)
      it = case_of(id)
      GC.start
      calls = warm_up(it)
      times = Array.new(calls == SLOW_CALLS ? SLOW_BATCHES : BATCHES) { time(it, calls) / calls * 1e6 }
      { times: times, objects: objects(it, calls.clamp(1, COUNTED_CALLS)) }
    end

    private

    def case_of(id)
      CASES.find { |it| it.id == id }
    end

    def call(it, app = it.app)
      @adapter.public_send(it.way, app, input(it))
    end

    def input(it)
      it.way == "bytes" ? Events.json(it.event) : Events.fetch(it.event)
    end

    # Calls it for a while, and returns how many calls a batch takes.
    def warm_up(it)
      half = (it.event == :upload ? LARGE_WARM_UP : WARM_UP) / 2
      calls_within(it, half)
      [(calls_within(it, half) * BATCH / half).round, SLOW_CALLS].max
    end

    def calls_within(it, seconds)
      calls = 0
      start = now
      while now - start < seconds
        call(it)
        calls += 1
      end
      calls
    end

    # The garbage collector stays on: garbage is part of the price.
    def time(it, calls)
      adapter = @adapter
      app = it.app
      input = input(it)
      start = now
      if it.way == "bytes"
        calls.times { adapter.bytes(app, input) }
      else
        calls.times { adapter.hash(app, input) }
      end
      now - start
    end

    def objects(it, calls)
      before = GC.stat(:total_allocated_objects)
      time(it, calls)
      (GC.stat(:total_allocated_objects) - before).fdiv(calls)
    end

    # Processor time, the system's share included: no side waits for anything, and
    # what else runs on the machine is not theirs to pay.
    def now
      Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    end
  end
end

# The answers go where nothing that a library prints can get between them.
replies = $stdout.dup
replies.sync = true
$stdout.reopen($stderr)

worker = Bench::Worker.new(Bench::Adapters::KINDS.fetch(ARGV.fetch(0)).new)
while (line = $stdin.gets)
  replies.puts JSON.generate(worker.public_send(*JSON.parse(line)))
end
