# frozen_string_literal: true

require "lamby/runtime/error"
require "lamby/runtime/logging"
require "lamby/runtime/error_report"
require "lamby/runtime/context"
require "lamby/runtime/client"
require "lamby/runtime/concurrency"
require "lamby/runtime/poller"

module Lamby
  # Polls Lambda for invocations, calls the function's handler with each, and sends its response: what AWS calls a
  # runtime interface client. `lamby runtime` runs it, and nothing else loads it.
  #
  # In a container image's Dockerfile:
  #
  #   ENTRYPOINT ["bundle", "exec", "lamby", "runtime"]
  #   CMD ["config/environment.Lamby.cmd"]
  #
  # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
  module Runtime
    autoload :Deadline, "lamby/runtime/deadline"
    autoload :Extension, "lamby/runtime/extension"
    autoload :StreamFlusher, "lamby/runtime/stream_flusher"
    autoload :ResponseStream, "lamby/runtime/response_stream"
    autoload :StreamedResponse, "lamby/runtime/streamed_response"
    autoload :UnframedStream, "lamby/runtime/unframed_stream"
    autoload :SnapStart, "lamby/runtime/snap_start"
    autoload :ThreadPool, "lamby/runtime/thread_pool"
    autoload :Cluster, "lamby/runtime/cluster"

    class << self
      # Runs until Lambda ends the process.
      #
      # @param name [String] the function's handler, such as "config/environment.Lamby.cmd"
      # @param api [String] host and port of the Runtime API, as in AWS_LAMBDA_RUNTIME_API
      # @return [Integer] the exit status: 0 if the process was asked to end, otherwise 1
      def run(name, api)
        until_asked_to_end do
          Logging.install
          client = Client.new(api)
          concurrency, handler = initialized(client) { [Concurrency.new, FunctionHandler.new(name).load] }
          next unless handler

          Boot.done(:rest)
          Handler.stream! if Lamby.config.invoke_mode == :response_stream
          Extension.start(api) unless Lamby.config.hooks(:on_shutdown).empty?
          work(client, handler, api, concurrency) if ENV["AWS_LAMBDA_INITIALIZATION_TYPE"] != "snap-start" || SnapStart.checkpoint(client)
        end
      end

      private

      # Returns what the block returns. If it raises, reports the error to Lambda and returns nil: the process must end.
      def initialized(client)
        yield
      rescue SignalException
        raise
      rescue Exception => e # rubocop:disable Lint/RescueException -- reported to Lambda
        error_report = ErrorReport.new(e, initializing: true)
        client.report_init_error(error_report)
        Logging.report(error_report)
        nil
      end

      def work(client, handler, api, concurrency)
        return work_alone(Poller.new(client, handler)) if concurrency.alone?

        # A process-wide trace id would be ambiguous here.
        ENV.delete("_X_AMZN_TRACE_ID")
        Handler.multithread!
        first, *more = sizes = concurrency.sizes(Lamby.config.workers)
        return ThreadPool.new(first, api, handler).run if more.empty?

        @starter = Process.pid
        Cluster.new(sizes, api) do |size, slots|
          until_asked_to_end { ThreadPool.new(size, api, handler, slots: slots).run }
        end.run
      end

      # Runs until the process is asked to end. An application may rescue the exception that asks for it, so it is raised
      # again after the invocation.
      def work_alone(poller)
        @poller = poller
        poller.run
        raise @asked
      end

      # Calls the block and returns the exit status. The block returns only if the runtime cannot go on.
      def until_asked_to_end
        listen_once
        yield
        1
      rescue SignalException => e
        raise unless e.is_a?(Interrupt) || e.signm == "SIGTERM"

        shut_down
        0
      rescue Error => e
        Logging.fatal(e.message)
        1
      end

      # Sets traps that raise for the first signal only. When Lambda signals the whole process group, a worker process
      # gets a second signal from its parent, which would interrupt the shutdown.
      def listen_once
        @asked = nil
        { "TERM" => SignalException, "INT" => Interrupt }.each do |name, exception|
          trap(name) do
            next if @asked

            @poller&.stop
            raise @asked = exception.new("SIG#{name}")
          end
        end
      end

      # Calls the `on_shutdown` hooks. Lambda gives them 500 ms, or 300 ms if there is an external extension. If there
      # are worker processes, the hooks run in those only.
      def shut_down
        return if Process.pid == @starter

        Lamby.config.hooks(:on_shutdown).each do |hook|
          hook.call
        rescue StandardError, ScriptError, SystemStackError => e
          Logging.exception(e, "on_shutdown")
        end
      end
    end
  end
end
