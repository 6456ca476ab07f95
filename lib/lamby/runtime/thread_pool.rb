# frozen_string_literal: true

module Lamby
  module Runtime
    # Runs several {Poller}s in this process, each in its own thread, because Lambda Managed Instances send several
    # invocations to an execution environment at the same time.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
    class ThreadPool
      # A poller that fails this many times, without an invocation between the failures, is not started again.
      ATTEMPTS = 3
      # How long the pool waits before it restarts a failed poller, in seconds.
      PAUSE = 0.5
      private_constant :ATTEMPTS, :PAUSE

      # @param size [Integer] how many threads
      # @param api [String] host and port of the Runtime API
      # @param handler [Function] the handler that all threads call
      # @param slots [InFlightLog::Slots, nil] the slots in which the pollers record their invocations in flight
      def initialize(size, api, handler, slots: nil)
        @size = size
        @api = api
        @handler = handler
        @slots = slots
        @ended = Queue.new
        @pollers = {}
      end

      # Runs the pollers. If a poller fails, starts it again.
      #
      # @return [void] when all pollers have failed {ATTEMPTS} times
      # @raise [SignalException] when the process is asked to end
      def run
        @size.times { |number| start(number, ATTEMPTS) }
        living = @size
        while living.positive?
          number, responded, attempts = @ended.pop
          attempts = responded ? ATTEMPTS : attempts - 1
          if attempts.positive?
            sleep PAUSE unless responded
            start(number, attempts)
          else
            living -= 1
          end
        end
      rescue SignalException
        stop
        raise
      end

      private

      # Ends the polls, so that the process receives no invocation while it ends. Ends the handlers and reports their
      # invocations as failed. Does not kill a thread that is sending a response or an error, so that it can finish.
      def stop
        deadline = now + Signals::SECONDS_FOR_POLLERS
        @pollers.each_value do |thread, poller|
          poller.stop
          thread.kill unless poller.responding?
        end
        @pollers.values.map(&:first).each { |thread| thread.join([deadline - now, 0].max) }
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # Starts a poller in a thread. When the thread ends, it adds an entry to @ended.
      def start(number, attempts)
        client = Client.new(@api)
        @slots&.record(client, number)
        poller = Poller.new(client, @handler, alone: false)
        thread = Thread.new do
          poller.run
        rescue Error => e
          Logging.error("one of #{@size} pollers failed: #{e.message}")
        rescue Exception => e # rubocop:disable Lint/RescueException -- the thread ends, and logs why
          raise if poller&.exiting? # The application has forked this process, and this is its only thread.

          Logging.report(ErrorReport.new(e))
        ensure
          # This block also runs if the handler has killed the thread. If the connection stayed open, Lambda could send
          # an invocation that no thread handles.
          client.disconnect
          @ended << [number, poller.responded?, attempts]
        end
        thread.report_on_exception = false
        thread.name = "lamby poller"
        @pollers[number] = [thread, poller]
      end
    end
  end
end
