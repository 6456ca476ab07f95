# frozen_string_literal: true

module Lamby
  module Runtime
    # Several workers in this process, each a thread that polls on its own, for an
    # environment that is given several invocations at once.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
    class Pool
      # A worker that fails so often without an answer in between is given up.
      ATTEMPTS = 3
      # Seconds before the next attempt.
      PAUSE = 0.5
      private_constant :ATTEMPTS, :PAUSE

      # @param size [Integer] how many
      # @param api [String] host and port of the Runtime API
      # @param handler [FunctionHandler] called from all threads
      # @param journal [Journal, nil] is told of each invocation
      def initialize(size, api, handler, journal: nil)
        @size = size
        @api = api
        @handler = handler
        @journal = journal
        @ended = Queue.new
      end

      # @return [void] when all are given up
      # @raise [SignalException] when the process is asked to end
      def run
        @size.times { start(ATTEMPTS) }
        living = @size
        while living.positive?
          answered, attempts = @ended.pop
          attempts = answered ? ATTEMPTS : attempts - 1
          if attempts.positive?
            sleep PAUSE unless answered
            start(attempts)
          else
            living -= 1
          end
        end
      end

      private

      def start(attempts)
        thread = Thread.new do
          client = Client.new(@api)
          worker = Worker.new(client, @handler, alone: false, journal: @journal)
          worker.run
        rescue Error => e
          Log.error("one of #{@size} pollers: #{e.message}")
        rescue Exception => e # rubocop:disable Lint/RescueException -- the thread ends, and not without a word
          raise if worker&.left? # The application has forked this process, and this is its only thread.

          Log.failure(Failure.new(e))
        ensure
          # Also of a thread that its handler has killed. A poll that nobody waits for any more would
          # be given an invocation.
          client&.disconnect
          @ended << [worker&.answered?, attempts]
        end
        thread.report_on_exception = false
        thread.name = "lamby worker"
      end
    end
  end
end
