# frozen_string_literal: true

require "timeout"

module Lamby
  module Runtime
    # Lambda ends the process at an invocation's deadline, in the middle of whatever it does.
    #
    # @api private
    module Deadline
      # Seconds, at most, that a client may take to read why its response broke off.
      PATIENCE = 1
      private_constant :PATIENCE

      class << self
        # The block has a name: Ruby 3.1.2 passes none on without one from beside a keyword.
        #
        # @param context [#deadline_ms, #get_remaining_time_in_millis]
        # @param least [Numeric] seconds that it gets in any case
        # @return what the block returns
        # @raise [DeadlineExceeded] where it is not done by `config.deadline_margin` before the deadline
        def keep(context, least: 0, &block)
          return yield unless context.deadline_ms.positive?

          seconds = [left(context), least].max
          raise DeadlineExceeded, "no time is left for the response" unless seconds.positive?

          margin = "#{Lamby.config.deadline_margin} s before the invocation's deadline (config.deadline_margin)"
          Timeout.timeout(seconds, DeadlineExceeded, "the response was not finished #{margin}", &block)
        end

        # The same for the end of a response whose body is out: it may take of the margin.
        #
        # @param context [#deadline_ms, #get_remaining_time_in_millis]
        # @return what the block returns
        # @raise [DeadlineExceeded]
        def finish(context, &) = keep(context, least: half_of_the_margin, &)

        # The same for saying that a response broke off.
        #
        # @param context [#deadline_ms, #get_remaining_time_in_millis]
        # @return what the block returns
        # @raise [DeadlineExceeded]
        def say_why(context, &)
          seconds = context.deadline_ms.positive? ? [[left(context), PATIENCE].min, half_of_the_margin].max : PATIENCE
          Timeout.timeout(seconds, DeadlineExceeded, "nobody reads why the response broke off; its connection is cut", &)
        end

        private

        def half_of_the_margin = Lamby.config.deadline_margin / 2.0

        def left(context)
          (context.get_remaining_time_in_millis / 1000.0) - Lamby.config.deadline_margin
        end
      end
    end
  end
end
