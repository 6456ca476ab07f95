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
      # Seconds for ending and reporting invocations in flight at shutdown, before the hooks run. Lambda gives 500 ms to
      # all of it.
      ENDING = 0.1
      private_constant :ATTEMPTS, :PAUSE, :ENDING

      # @param size [Integer] how many
      # @param api [String] host and port of the Runtime API
      # @param handler [FunctionHandler] called from all threads
      # @param journal [Journal::Part, nil] where the invocations in flight are recorded
      def initialize(size, api, handler, journal: nil)
        @size = size
        @api = api
        @handler = handler
        @journal = journal
        @ended = Queue.new
        @pollers = {}
      end

      # @return [void] when all are given up
      # @raise [SignalException] when the process is asked to end
      def run
        @size.times { |number| start(number, ATTEMPTS) }
        living = @size
        while living.positive?
          number, answered, attempts = @ended.pop
          attempts = answered ? ATTEMPTS : attempts - 1
          if attempts.positive?
            sleep PAUSE unless answered
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

      # Ends the polls, so that a process that ends gets no invocation. Ends the handlers and reports their invocations.
      # A response that is being sent is finished.
      def stop
        deadline = now + ENDING
        @pollers.each_value do |thread, worker|
          worker.stop
          thread.kill unless worker.responding?
        end
        @pollers.values.map(&:first).each { |thread| thread.join([deadline - now, 0].max) }
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      def start(number, attempts)
        client = Client.new(@api)
        @journal&.record(client, number)
        worker = Worker.new(client, @handler, alone: false)
        thread = Thread.new do
          worker.run
        rescue Error => e
          Log.error("one of #{@size} pollers: #{e.message}")
        rescue Exception => e # rubocop:disable Lint/RescueException -- the thread ends, and not without a word
          raise if worker&.left? # The application has forked this process, and this is its only thread.

          Log.failure(Failure.new(e))
        ensure
          # Also of a thread that its handler has killed. A poll that nobody waits for any more would
          # be given an invocation.
          client.disconnect
          @ended << [number, worker.answered?, attempts]
        end
        thread.report_on_exception = false
        thread.name = "lamby worker"
        @pollers[number] = [thread, worker]
      end
    end
  end
end
