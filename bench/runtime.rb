# frozen_string_literal: true

# Measures an invocation through the Runtime API. Compares Lamby with a minimal client, and with other runtimes if their
# paths are given: see bench/README.md.

require_relative "machine"
require_relative "results"
require_relative "side"
require_relative "runtime/client"
require_relative "runtime/memory"
require_relative "runtime/server"
require_relative "runtime/system_calls"
require_relative "runtime/workload"

module Bench
  # Runs the clients of the Runtime API. They take turns, and share one core with the server.
  class Runtime
    SMALL = Workload.new("HTTP API v2, short JSON out", :http_api_v2, :API, warm_up: 2_000, invocations: 5_000)
    LARGE = Workload.new("4.4 MB binary in and out", :upload, :ECHO, warm_up: 20, invocations: 50)
    STREAMS = [
      Workload.new("105 MB in chunks of 64 KB", :function_url, :LARGE_CHUNKS, warm_up: 2, invocations: 5, streams: true),
      Workload.new("100 MB in a million chunks", :function_url, :SMALL_CHUNKS, warm_up: 1, invocations: 1, streams: true)
    ].freeze
    FIRST_BYTE = Workload.new("first byte", :function_url, :FIRST_BYTE, warm_up: 500, invocations: 1_000, streams: true)

    def initialize(rounds:, peer:, client:, adapter:)
      @rounds = rounds
      @lamby = LambyRuntime.new
      @clients = [BareLoop.new, @lamby]
      @clients << AwsClient.new([*(peer || ["#{Client::ROOT}/lib"]), client]) if client
      @clients << WebAdapter.new(adapter) if adapter
    end

    def call
      Server.build
      puts "Runtime API, #{@rounds} rounds, #{Machine.pinned}, Ruby #{RUBY_VERSION}", ""
      buffered = [SMALL, LARGE].map { |workload| compare(workload, @clients) }
      calls = SystemCalls.available? ? system_calls : {}
      memory = peak_memory
      streams = STREAMS.map { |workload| compare(workload, @clients.select(&:streams?)) }
      Results.write("runtime", ruby: RUBY_DESCRIPTION, processor: Machine.processor, pinned: Machine.pinned, rounds: @rounds,
                               buffered: buffered, system_calls: calls, memory: memory, streams: streams, first_byte: first_byte)
    end

    private

    # Prints the median of each client. The clients take turns, and each round begins with a different one.
    def compare(workload, clients)
      times = clients.to_h { |client| [client.title, []] }
      workload.open do
        @rounds.times do |round|
          clients.rotate(round).each { |client| times[client.title] << client.run(workload) { |server,| server.round } }
        end
      end
      puts workload.title
      floor = Side.median(times.fetch("bare loop"))
      figures = times.transform_values { |all| figures(all, floor) }
      figures.each { |title, it| puts row(title, it) }
      puts
      { title: workload.title, sides: figures }
    end

    def figures(times, floor)
      time = Side.median(times)
      { time: time, above: time - floor, ratio: time / floor, rounds: times }
    end

    def row(title, it)
      format("  %-20s %10.1f µs %+10.1f µs  %6.2f× the bare loop   %s",
             title, it[:time], it[:above], it[:ratio], it[:rounds].map { |time| format("%.1f", time) }.join(" "))
    end

    def system_calls
      puts "System calls for each invocation: #{SMALL.title}"
      calls = SMALL.open { @clients.to_h { |client| [client.title, SystemCalls.of(client, SMALL)] } }
      calls.each do |title, by_name|
        names = by_name.map { |name, number| "#{name} #{number.round(1)}" }.join(", ")
        puts format("  %-20s %10.1f     %s", title, by_name.values.sum, names)
      end
      puts
      calls
    end

    # The bare loop is left out, because it keeps one buffer and allocates nothing.
    def peak_memory
      puts "Growth of the peak memory, from one small invocation to #{Memory::INVOCATIONS} with 4.4 MB in and out"
      growth = SMALL.open { LARGE.open { @clients.drop(1).to_h { |client| [client.title, Memory.growth(client, SMALL, LARGE)] } } }
      growth.each do |title, bytes|
        puts format("  %-20s %10.1f MB  %6.1f× the body", title, bytes / 1e6, bytes.fdiv(Events::UPLOAD_SIZE))
      end
      puts
      growth.transform_values { |bytes| { bytes: bytes, bodies: bytes.fdiv(Events::UPLOAD_SIZE) } }
    end

    # Measures the time from the application's first write until the bytes arrive at the server. The application and the
    # server run on one core.
    def first_byte
      delays = []
      FIRST_BYTE.open { @lamby.run(FIRST_BYTE) { |server,| server.round { |delay| delays << delay } } }
      delays = delays.drop(FIRST_BYTE.warm_up)
      median = Side.median(delays)
      slowest = Side.quantile(delays, 0.99)
      puts format("From the first write to its arrival: median %.0f µs, 99 %% within %.0f µs", median, slowest)
      { median: median, slowest: slowest }
    end
  end
end

Bench::Runtime.new(
  rounds: Integer(ENV.fetch("BENCH_ROUNDS", "3")),
  peer: ENV["PEER"]&.split(":")&.map { |folder| File.expand_path(folder) },
  client: ENV.fetch("AWS_CLIENT", nil)&.then { |folder| File.expand_path(folder) },
  adapter: ENV.fetch("WEB_ADAPTER", nil)&.then { |file| File.expand_path(file) }
).call
