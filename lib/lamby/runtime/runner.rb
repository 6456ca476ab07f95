# frozen_string_literal: true

require "lamby/hooks"
require "lamby/runtime/signals"

module Lamby
  module Runtime
    # Runs one function in this process and its worker processes: loads the handler, then polls until Lambda ends the
    # process.
    #
    # @api private
    class Runner
      # @param name [String] the function's handler
      # @param api [String] host and port of the Runtime API
      def initialize(name, api)
        @name = name
        @api = api
        @signals = Signals.new
      end

      # @return [Integer] the exit status, see {Runtime.run}
      def run
        exit_status do
          Logging.install
          Memory.configure
          @client = Client.new(@api)
          next unless load_function

          WarmUp.run(Lamby.config.warm_up_path) if Lamby.config.warm_up_path
          Metrics::BootPhases.done(:rest)
          Handler.stream! if Lamby.config.invoke_mode == :response_stream
          Extension.start(@api) unless Lamby.config.hooks(:on_shutdown).empty?
          poll if !snap_start? || SnapStart.checkpoint(@client)
        end
      end

      private

      # Loads the application. If the application raises an exception, reports the error to Lambda and returns nil. The
      # process must then end.
      def load_function
        @handler = Function.new(@name).load
        @concurrency = Concurrency.new(Lamby.config.concurrency)
      rescue SignalException
        raise
      rescue Exception => e # rubocop:disable Lint/RescueException -- reported to Lambda
        error_report = ErrorReport.new(e, initializing: true)
        @client.report_init_error(error_report)
        Logging.report(error_report)
        nil
      end

      def snap_start?
        ENV["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
      end

      def poll
        return poll_alone if @concurrency.alone?

        # Several invocations run at once, so one trace id for the whole process would be ambiguous.
        TraceId.export(nil)
        Handler.multithread!
        first, *more = sizes = @concurrency.sizes(Lamby.config.workers)
        return ThreadPool.new(first, @api, @handler).run if more.empty?

        @parent = Process.pid
        Cluster.new(sizes, @api) do |size, slots|
          exit_status { ThreadPool.new(size, @api, @handler, slots: slots).run }
        end.run
      end

      # Polls until a signal asks the process to end. The signal raises an exception, which the application may rescue,
      # so this method raises the exception again after the invocation.
      def poll_alone
        @poller = Poller.new(@client, @handler)
        @poller.run
        @signals.raise_again
      end

      # Calls the block and returns the exit status. The block returns only if the runtime cannot continue, so the
      # status is then 1.
      def exit_status
        @signals.listen { @poller&.stop }
        yield
        1
      rescue SignalException => e
        raise unless Signals.shutdown?(e)

        shut_down
        0
      rescue Error => e
        Logging.fatal(e.message)
        1
      end

      # Calls the `on_shutdown` hooks. Lambda gives them 500 ms, or 300 ms if there is an external extension. If there
      # are worker processes, the hooks run only in the workers.
      def shut_down
        Hooks.run_all(Lamby.config.hooks(:on_shutdown), "on_shutdown") unless Process.pid == @parent
      end
    end
  end
end
