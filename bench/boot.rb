# frozen_string_literal: true

# Measures each phase of the start of the example Rails application, and its first responses: see bench/README.md.

require "fileutils"
require "io/wait"
require "json"
require "socket"
require "tmpdir"
require_relative "events"
require_relative "results"
require_relative "side"

module Bench
  # Starts the application in several ways, which take turns. Acts as the Runtime API.
  class Boot
    ROOT = File.expand_path("..", __dir__)
    APPLICATION = File.join(ROOT, "examples", "rails")
    FUNCTION = {
      "_HANDLER" => "config/environment.Lamby.cmd", "AWS_LAMBDA_FUNCTION_NAME" => "f", "AWS_LAMBDA_FUNCTION_VERSION" => "1",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "1792", "AWS_LAMBDA_LOG_GROUP_NAME" => "f", "AWS_LAMBDA_LOG_STREAM_NAME" => "f",
      "RAILS_ENV" => "production", "SECRET_KEY_BASE" => "0" * 64
    }.freeze
    RESPONSES = 3
    LONGEST_START = 30 # seconds
    JEMALLOC = Dir["/usr/lib/*/libjemalloc.so.2"].first
    # From Ruby 3.3 on, each slot size has its own environment variable.
    SLOTS = RUBY_VERSION < "3.3" ? { "RUBY_GC_HEAP_INIT_SLOTS" => "400000" } : { "RUBY_GC_HEAP_0_INIT_SLOTS" => "400000" }

    COLUMNS = {
      "ruby" => "Ruby", "gems" => "gems", "lamby" => "of which lamby", "initialize" => "Rails", "rest" => "rest", "total" => "CPU, ms",
      "wall" => "wall, ms", "collections" => "GCs", "memory" => "MB", "first" => "1st response", "second" => "2nd"
    }.freeze

    def initialize(rounds:, peer:, client:)
      @rounds = rounds
      @folder = Dir.mktmpdir
      runtime = ["-I", "#{ROOT}/lib", "#{ROOT}/exe/lamby", "runtime"]
      @ways = {
        "lamby runtime" => [runtime, {}],
        "400,000 slots in the heap" => [runtime, SLOTS],
        "MALLOC_ARENA_MAX=2" => [runtime, { "MALLOC_ARENA_MAX" => "2" }],
        "config.warm_up_path" => [runtime, { "BENCH_WARM_UP_PATH" => "/" }],
        "YJIT" => [["--yjit", *runtime], {}]
      }
      @ways["jemalloc"] = [runtime, { "LD_PRELOAD" => JEMALLOC }] if JEMALLOC
      @ways["Process.warmup"] = [runtime, { "BENCH_PROCESS_WARMUP" => "1" }] if Process.respond_to?(:warmup)
      @ways["bootsnap"] = [runtime, { "BENCH_BOOTSNAP" => "#{@folder}/bootsnap" }] if gem?("bootsnap")
      return unless client

      load_path = [*(peer || ["#{ROOT}/lib"]), client].flat_map { |path| ["-I", path] }
      @ways["AWS's client"] = [[*load_path, "-r", "stringio", "-r", "aws_lambda_ric", "-e", "AwsLambdaRIC::Bootstrap.new.start"], {}]
    end

    # Prints a table, and keeps its figures for `rake bench:report`.
    def call
      rows = @ways.transform_values { [] }
      # The first start of each way does not count, because it reads the files from disk, or fills a cache.
      (@rounds + 1).times do |round|
        @ways.each { |way, (command, environment)| rows[way] << start(command, environment).merge("round" => round) }
      end
      medians = rows.transform_values { |all| median(all.drop(1)) }
      puts "Start of examples/rails: #{@rounds} rounds, Ruby #{RUBY_VERSION}, milliseconds of processor time", "", table(medians)
      Results.write("boot", "columns" => COLUMNS, "ways" => medians)
    ensure
      FileUtils.rm_rf(@folder)
    end

    private

    def gem?(name)
      Gem::Specification.find_by_name(name)
    rescue Gem::MissingSpecError
      nil
    end

    def table(rows)
      lines = rows.map { |way, row| [way, *COLUMNS.keys.map { |column| row[column]&.round(1).to_s }] }
      lines.unshift(["", *COLUMNS.values])
      widths = lines.transpose.map { |cells| cells.map(&:size).max }
      lines.map do |way, *cells|
        [way.ljust(widths.first), *cells.zip(widths.drop(1)).map { |cell, width| cell.rjust(width) }].join("  ")
      end
    end

    def median(rows)
      rows.flat_map(&:keys).uniq.to_h { |column| [column, Side.median(rows.filter_map { |row| row[column] })] }
    end

    # Starts a process, responds to its polls, and returns the measurements.
    def start(command, environment)
      marks = File.join(@folder, "marks")
      FileUtils.rm_f(marks)
      server = TCPServer.new("127.0.0.1", 0)
      began = now
      pid = Process.spawn(
        { "AWS_LAMBDA_RUNTIME_API" => "127.0.0.1:#{server.addr[1]}", "BENCH_BOOT" => marks, **FUNCTION, **environment },
        *Side::PIN, RbConfig.ruby, "-r", "#{ROOT}/bench/boot/probe.rb", *command,
        chdir: APPLICATION, in: File::NULL, out: File::NULL, err: ENV["BENCH_DEBUG"] ? $stderr : File::NULL
      )
      measured = polled(server, pid, began)
      phases(marks, measured).merge(measured)
    ensure
      server&.close
      @connection = @connection&.close
      Process.kill("KILL", pid)
      Process.wait(pid)
    end

    # Returns the measurements at the first poll (times and memory), and the times until the responses arrive.
    def polled(server, pid, began)
      measured = {}
      sent = nil
      times = []
      while times.size < RESPONSES
        exchange(server) do |path|
          if path.end_with?("/next")
            measured = { "wall" => now - began, "total" => processor_time(pid), "memory" => memory(pid) } if measured.empty?
            sent = now
          else
            abort "bench: the application in examples/rails failed; BENCH_DEBUG=1 shows why" unless path.end_with?("/response")
            times << (now - sent)
          end
        end
      end
      measured.merge("first" => times[0], "second" => times[1])
    end

    # Reads one request, yields its path, and responds to it. Clients may keep the connection or open another one.
    def exchange(server)
      @connection = accept(server) unless @connection && (head = read_head)
      head ||= read_head
      @connection.read(head[/^content-length: (\d+)/i, 1].to_i)
      yield head[/ (\S+) /, 1]
      @connection.write(head.start_with?("GET") ? EVENT : "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
    end

    def accept(server)
      server.wait_readable(LONGEST_START) or abort "bench: the application does not start; BENCH_DEBUG=1 shows its output"
      server.accept
    end

    def read_head
      head = +""
      until head.end_with?("\r\n\r\n")
        line = @connection.gets or return
        head << line
      end
      head
    end

    def phases(marks, measured)
      ends = File.readlines(marks).to_h { |line| line.split.then { |phase, value| [phase, value.to_f] } }
      {
        "ruby" => ends["ruby"], "gems" => ends["gems"] - ends["ruby"], "lamby" => ends["lamby"],
        "initialize" => ends["initialize"] - ends["gems"], "rest" => measured["total"] - ends["initialize"],
        "collections" => ends["collections"]
      }
    end

    # Returns the processor time of all threads, in milliseconds. `schedstat` has nanoseconds.
    def processor_time(pid)
      Dir["/proc/#{pid}/task/*/schedstat"].sum { |file| File.read(file).to_i } / 1e6
    end

    def memory(pid)
      File.read("/proc/#{pid}/status")[/VmRSS:\s*(\d+)/, 1].to_i / 1024.0
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC, :float_millisecond)
    end

    event = Events.json(:http_api_v2)
    event = JSON.generate(JSON.parse(event).merge("rawPath" => "/", "rawQueryString" => "", "body" => ""))
    EVENT = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n" \
            "Lambda-Runtime-Deadline-Ms: 4102444800000\r\nContent-Length: #{event.bytesize}\r\n\r\n#{event}".freeze
  end
end

Bench::Boot.new(
  rounds: Integer(ENV.fetch("BENCH_ROUNDS", "5")),
  peer: ENV["PEER"]&.split(":")&.map { |folder| File.expand_path(folder) },
  client: ENV.fetch("AWS_CLIENT", nil)&.then { |folder| File.expand_path(folder) }
).call
