# frozen_string_literal: true

require "socket"
require_relative "../side"
require_relative "server"

module Bench
  class Runtime
    # A program that polls the Runtime API. A subclass defines the commands that start its processes.
    class Client
      ROOT = File.expand_path("../..", __dir__)
      # Variables that Lambda sets. Some runtimes do not start without them.
      FUNCTION = {
        "_HANDLER" => "app.Lamby.cmd", "AWS_LAMBDA_FUNCTION_NAME" => "f", "AWS_LAMBDA_FUNCTION_VERSION" => "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "1792", "AWS_LAMBDA_LOG_GROUP_NAME" => "f", "AWS_LAMBDA_LOG_STREAM_NAME" => "f"
      }.freeze

      attr_reader :title

      def initialize(title, streams: true)
        @title = title
        @streams = streams
      end

      def streams?
        @streams
      end

      # Starts a server and the processes that poll it, yields the server and the ids of the processes, and then ends
      # all of them. `wrapper` is a command that runs the command of each process, such as strace.
      def run(workload, warm_up: workload.warm_up, rounds: 1, invocations: workload.invocations, wrapper: [])
        pids = []
        server = Server.new("#{workload.folder}/event.json", warm_up: warm_up, rounds: rounds, invocations: invocations)
        commands(workload, server.address).each do |environment, *command|
          pids << start(workload, server.address, environment, [*wrapper, *command])
        end
        yield server, pids
      ensure
        pids.each { |pid| stop(pid) }
        server&.close
      end

      private

      def start(workload, api, environment, command)
        Process.spawn({ "AWS_LAMBDA_RUNTIME_API" => api, **FUNCTION, **environment }, *Side::PIN, *command,
                      chdir: workload.folder, in: File::NULL, out: File::NULL, err: ENV["BENCH_DEBUG"] ? $stderr : File::NULL)
      end

      def stop(pid)
        Process.kill("KILL", pid)
        Process.wait(pid)
      rescue Errno::ESRCH, Errno::ECHILD
        nil
      end
    end

    # The minimal client. It runs no application, and sends the same response for each event.
    class BareLoop < Client
      def initialize
        super("bare loop")
      end

      private

      def commands(workload, api)
        if workload.streams?
          chunks = workload.chunks
          return [[{}, Server::PROGRAM, "bare-stream", api, chunks.bytes.to_s, chunks.number.to_s]]
        end

        [[{}, Server::PROGRAM, "bare", api, "#{workload.folder}/response.json"]]
      end
    end

    # `lamby runtime` of this repository.
    class LambyRuntime < Client
      def initialize
        super("lamby runtime")
      end

      private

      def commands(workload, _api)
        environment = { "LAMBY_INVOKE_MODE" => workload.streams? ? "response_stream" : nil }
        [[environment, RbConfig.ruby, "-I", "#{ROOT}/lib", "#{ROOT}/exe/lamby", "runtime"]]
      end
    end

    # AWS's Ruby client with a gem that has `Lamby.cmd`. AWS's client cannot stream responses.
    class AwsClient < Client
      def initialize(load_path)
        super("AWS's client", streams: false)
        @load_path = load_path
      end

      private

      def commands(_workload, _api)
        load_path = @load_path.flat_map { |path| ["-I", path] }
        [[{}, RbConfig.ruby, *load_path, "-r", "stringio", "-r", "aws_lambda_ric", "-e", "AwsLambdaRIC::Bootstrap.new.start"]]
      end
    end

    # Lambda Web Adapter in front of Puma with one thread.
    class WebAdapter < Client
      def initialize(program)
        super("Web Adapter + Puma")
        @program = program
      end

      private

      def commands(workload, _api)
        port = Addrinfo.tcp("127.0.0.1", 0).bind { |socket| socket.local_address.ip_port }
        adapter = { "AWS_LWA_PORT" => port.to_s, "AWS_LWA_READINESS_CHECK_PROTOCOL" => "tcp",
                    "AWS_LWA_INVOKE_MODE" => workload.streams? ? "response_stream" : nil }
        [[{}, "puma", "-b", "tcp://127.0.0.1:#{port}", "-t", "1:1", "-e", "production", "config.ru"], [adapter, @program]]
      end
    end
  end
end
