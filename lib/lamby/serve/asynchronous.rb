# frozen_string_literal: true

module Lamby
  module Serve
    # Invokes the function asynchronously: tries an event up to three times.
    #
    # "Lambda attempts to run the function two more times, with a one-minute wait between the first two attempts, and two
    # minutes between the second and third attempts." Here, the waits are shorter.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    class Asynchronous
      # Seconds before the second and the third attempt.
      WAITS = [1, 2].freeze
      private_constant :WAITS

      # @param invoker [Invoker]
      # @param console [Console]
      # @param waits [Array<Numeric>] seconds before each further attempt
      def initialize(invoker, console, waits: WAITS)
        @invoker = invoker
        @console = console
        @waits = waits
      end

      # Invokes the function in a thread.
      #
      # @param event [String] JSON
      # @param details [Hash{Symbol => Object}] see {Invoker#start}
      # @return [void]
      def submit(event, **details)
        Thread.new { attempt(event, details) }
      end

      private

      def attempt(event, details)
        waits = @waits.dup
        until @invoker.invoke(event, **details).first.outcome.response?
          unless (wait = waits.shift)
            return @console.warn("#{details[:title]}: the last attempt failed. Lambda now sends the event to the dead-letter queue or " \
                                 "the on-failure destination, if the function has one")
          end

          @console.warn("#{details[:title]}: trying again in #{wait} s")
          sleep wait
        end
      end
    end
  end
end
