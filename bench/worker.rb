# frozen_string_literal: true

# Runs one side in its own process: reads requests as lines of JSON from standard input, and replies to each with a
# line. bench/side.rb starts it.

require "digest"
require "json"
# AWS's Ruby client loads these libraries before the handler's file.
require "logger"
require "net/http"
require "rack"
require "stringio"

require_relative "adapters"
require_relative "cases"

module Bench
  # Measures one adapter.
  class Worker
    # How long the warm-up calls take, in seconds. A large body needs a longer warm-up, because at first the process
    # takes memory from the system and gives it back. Later it reuses its memory.
    WARM_UP = 0.05
    LARGE_WARM_UP = 0.3
    # A batch of fast calls takes a hundredth of a second. A batch of slow calls has enough calls to contain its share
    # of garbage collection.
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

    # Returns the response, in a form that is short enough to compare, and the env that the application received.
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

    # Returns the microseconds for each call of each batch, and the number of objects for each call.
    def measure(id)
      it = case_of(id)
      GC.start
      calls = warm_up(it)
      times = Array.new(calls == SLOW_CALLS ? SLOW_BATCHES : BATCHES) { time(it, calls) / calls * 1e6 }
      { times: times, objects: objects(it, calls.clamp(1, COUNTED_CALLS)) }
    end

    private

    def case_of(id)
      (CASES + GROWTH).find { |it| it.id == id }
    end

    def call(it, app = it.app)
      @adapter.public_send(it.way, app, it.input)
    end

    # Warms up, and returns the number of calls in a batch.
    def warm_up(it)
      half = (it.large? ? LARGE_WARM_UP : WARM_UP) / 2
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

    # The garbage collector stays on, because garbage is part of the cost.
    def time(it, calls)
      adapter = @adapter
      app = it.app
      input = it.input
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

    # Returns processor time, including the system's share. Wall-clock time is not needed, because no side waits for
    # anything. The time of other programs on the machine does not count.
    def now
      Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    end
  end
end

# Replies go to a copy of standard output, so that a library's output does not mix with them.
replies = $stdout.dup
replies.sync = true
$stdout.reopen($stderr)

worker = Bench::Worker.new(Bench::Adapters::KINDS.fetch(ARGV.fetch(0)).new)
while (line = $stdin.gets)
  replies.puts JSON.generate(worker.public_send(*JSON.parse(line)))
end
