# frozen_string_literal: true

# Measures an invocation through the Runtime API. Compares Lamby with a minimal client, and with other runtimes if their
# paths are given: see bench/README.md.

require "json"
require "tmpdir"
require_relative "events"
require_relative "side"

module Bench
  # Runs the runtimes. All of them poll the same server, on one core.
  class Runtime
    ROOT = File.expand_path("..", __dir__)
    TARGET = File.join(ROOT, "bench", "target")
    SERVER = File.join(TARGET, "release", "lamby-bench-runtime-api")
    # The event, the application, the number of invocations to warm up, and the number of invocations in each round.
    CASES = {
      "HTTP API v2, hello" => [:http_api_v2, "[200, { 'content-type' => 'text/plain' }, ['hello']]", 2_000, 5_000],
      "4.4 MB binary in and out" => [
        :upload,
        "[200, { 'content-type' => 'application/octet-stream', 'content-transfer-encoding' => 'binary' }, [env['rack.input'].read]]", 20, 50
      ]
    }.freeze

    # Size and number of a response's chunks, the number of responses to warm up, and the number of responses in each
    # round.
    STREAMS = {
      "105 MB in chunks of 64 KB" => [64 * 1024, 1_600, 2, 5],
      "100 MB in a million chunks" => [100, 1_000_000, 1, 1]
    }.freeze
    # Variables that Lambda sets. Some runtimes do not start without them.
    FUNCTION = {
      "_HANDLER" => "app.Lamby.cmd", "AWS_LAMBDA_FUNCTION_NAME" => "f", "AWS_LAMBDA_FUNCTION_VERSION" => "1",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "1792", "AWS_LAMBDA_LOG_GROUP_NAME" => "f", "AWS_LAMBDA_LOG_STREAM_NAME" => "f"
    }.freeze

    def initialize(rounds:, peer:, client:, adapter:)
      @rounds = rounds
      @sides = { "bare loop" => method(:bare), "lamby runtime" => method(:lamby) }
      @sides["AWS's client"] = method(:aws) if client
      @sides["Web Adapter + Puma"] = method(:adapter) if adapter
      @peer = peer || ["#{ROOT}/lib"]
      @client = client
      @adapter = adapter
    end

    def call
      build
      pinned = Side::PIN.empty? ? "not pinned" : "pinned to core #{Side::PIN.last}"
      puts "Runtime API, #{@rounds} rounds, #{pinned}, Ruby #{RUBY_VERSION}", ""
      CASES.each { |title, (event, app, warm_up, invocations)| compare(title, Events.json(event), app, warm_up, invocations) }
      STREAMS.each { |title, (size, count, warm_up, invocations)| compare_streams(title, size, count, warm_up, invocations) }
      first_byte
    end

    private

    def build
      system({ "CARGO_TARGET_DIR" => TARGET }, "cargo", "build", "--release", "--quiet",
             "--manifest-path", "#{ROOT}/bench/runtime_api/Cargo.toml", exception: true)
    end

    # AWS's client does not stream.
    def compare_streams(title, size, count, warm_up, invocations)
      @stream = [size, count]
      body = "Class.new { C = ('x' * #{size}).freeze; def each; #{count}.times { yield C }; end }"
      app = "[200, { 'content-type' => 'application/octet-stream' }, BODY]"
      compare(title, Events.json(:function_url), app, warm_up, invocations, "BODY = #{body}.new\n", @sides.except("AWS's client"))
    ensure
      @stream = nil
    end

    # Measures the time from the application's first write until the byte arrives at the server. Both run on one core.
    def first_byte
      @stream = []
      body = "Class.new { def each; yield format('%016d', Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)); end }"
      app = "[200, { 'content-type' => 'application/octet-stream' }, BODY]"
      Dir.mktmpdir do |folder|
        write(folder, Events.json(:function_url), app, "BODY = #{body}.new\n")
        delays = []
        measure(folder, method(:lamby), 500, 1_000) { |delay| delays << delay }
        delays = delays.drop(500)
        puts "From the first write to its arrival: median #{Side.median(delays).round} µs, 99 % under #{Side.quantile(delays,
                                                                                                                      0.99).round} µs"
      end
    ensure
      @stream = nil
    end

    def compare(title, event, app, warm_up, invocations, more = "", sides = @sides)
      Dir.mktmpdir do |folder|
        write(folder, event, app, more)
        times = sides.transform_values { [] }
        @rounds.times do |round|
          sides.to_a.rotate(round).each { |side, start| times[side] << measure(folder, start, warm_up, invocations) }
        end
        medians = times.transform_values { |all| Side.median(all) }
        puts title
        medians.each do |side, median|
          puts format("  %-20s %10.1f µs  %6.2f× the bare loop   %s", side, median, median / medians["bare loop"],
                      times[side].map { |time| format("%.1f", time) }.join(" "))
        end
        puts
      end
    end

    def write(folder, json, app, more)
      File.binwrite("#{folder}/event.json", json)
      File.write("#{folder}/app.rb", "require 'rack'\nrequire 'lamby'\n#{more}Lamby.config.rack_app = ->(env) { #{app} }\n")
      File.write("#{folder}/config.ru", "#{more}run ->(env) { #{app} }\n")
      return if @stream

      $LOAD_PATH.unshift("#{ROOT}/lib")
      require "lamby"
      File.binwrite("#{folder}/answer.json", Lamby.handler(eval("->(env) { #{app} }"), json, nil)) # rubocop:disable Security/Eval, Style/EvalWithLocation -- ours
    end

    # Returns microseconds for each invocation, as the server measures them.
    def measure(folder, start, warm_up, invocations)
      server = IO.popen([*Side::PIN, SERVER, "serve", "#{folder}/event.json", *[warm_up, 1, invocations].map(&:to_s)])
      pids = start.call(folder, "127.0.0.1:#{server.gets.strip}")
      while (line = server.gets)&.start_with?("delay")
        yield line.split.last.to_f
      end
      Float(line || abort("bench: the runtime has ended before its time"))
    ensure
      server&.close
      Array(pids).each do |pid|
        Process.kill("KILL", pid)
        Process.wait(pid)
      rescue Errno::ESRCH, Errno::ECHILD
        nil
      end
    end

    def spawn(folder, api, *command, environment: {})
      Process.spawn({ "AWS_LAMBDA_RUNTIME_API" => api, **FUNCTION, **environment }, *Side::PIN, *command,
                    chdir: folder, in: File::NULL, out: File::NULL, err: ENV["BENCH_DEBUG"] ? $stderr : File::NULL)
    end

    def bare(folder, api)
      return spawn(folder, api, SERVER, "bare-stream", api, *@stream.map(&:to_s)) if @stream

      spawn(folder, api, SERVER, "bare", api, "#{folder}/answer.json")
    end

    def lamby(folder, api)
      spawn(folder, api, RbConfig.ruby, "-I", "#{ROOT}/lib", "#{ROOT}/exe/lamby", "runtime",
            environment: { "LAMBY_INVOKE_MODE" => @stream && "response_stream" })
    end

    def aws(folder, api)
      load_path = [*@peer, @client].flat_map { |path| ["-I", path] }
      spawn(folder, api, RbConfig.ruby, *load_path, "-r", "stringio", "-r", "aws_lambda_ric", "-e", "AwsLambdaRIC::Bootstrap.new.start")
    end

    def adapter(folder, api)
      port = Addrinfo.tcp("127.0.0.1", 0).bind { |socket| socket.local_address.ip_port }
      puma = spawn(folder, api, "puma", "-b", "tcp://127.0.0.1:#{port}", "-t", "1:1", "-e", "production", "config.ru")
      environment = { "AWS_LWA_PORT" => port.to_s, "AWS_LWA_READINESS_CHECK_PROTOCOL" => "tcp",
                      "AWS_LWA_INVOKE_MODE" => @stream && "response_stream" }
      [puma, spawn(folder, api, @adapter, environment: environment)]
    end
  end
end

require "socket"
Bench::Runtime.new(
  rounds: Integer(ENV.fetch("BENCH_ROUNDS", "3")),
  peer: ENV["PEER"]&.split(":")&.map { |folder| File.expand_path(folder) },
  client: ENV.fetch("AWS_CLIENT", nil)&.then { |folder| File.expand_path(folder) },
  adapter: ENV.fetch("WEB_ADAPTER", nil)&.then { |file| File.expand_path(file) }
).call
