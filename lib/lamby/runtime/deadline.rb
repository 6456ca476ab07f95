# frozen_string_literal: true

require "timeout"

module Lamby
  module Runtime
    # Ends streamed responses before the invocation's deadline, because at the deadline Lambda ends the process, and the
    # client would not learn why its response is incomplete.
    #
    # @api private
    module Deadline
      # Longest time, in seconds, that a client gets to read the error at the end of an incomplete response.
      PATIENCE = 1
      # Shortest time, in seconds, that a client gets to read the error at the end of an incomplete response.
      LEAST = 0.05
      private_constant :PATIENCE, :LEAST

      class << self
        # Runs a block that writes to a stream, until `config.deadline_margin` before the deadline. Then raises
        # {DeadlineExceeded} in the block. Every later write to the stream also raises it. If the application rescues
        # the exception and continues, {Watch} ends the stream.
        #
        # @param stream [ResponseStream]
        # @return the block's result
        # @raise [DeadlineExceeded]
        def within(stream, &block)
          context = stream.context
          return yield unless context.deadline_ms.positive?

          seconds = left(context)
          raise DeadlineExceeded, "no time is left for the response" unless seconds.positive?

          # The watch may raise at any time. Outside of the block, Ruby delays this exception until the watch has
          # stopped.
          Thread.handle_interrupt(DeadlineExceeded => :never) do
            watch = Watch.new(stream, seconds, Lamby.config.deadline_margin / 4.0, exceeded)
            begin
              Thread.handle_interrupt(DeadlineExceeded => :immediate, &block)
            ensure
              watch.stop
            end
          end
        end

        # Runs a block that ends a response after its whole body was sent. The block may run until
        # `config.deadline_margin` before the deadline, but always at least for half of this margin.
        #
        # @param context [#deadline_ms, #get_remaining_time_in_millis]
        # @return the block's result
        # @raise [DeadlineExceeded]
        def within_margin(context, &block)
          return yield unless context.deadline_ms.positive?

          Timeout.timeout([left(context), half_of_the_margin].max, DeadlineExceeded, exceeded, &block)
        end

        # Runs a block that sends the error of an incomplete response to the client, for half of the time that is
        # left before the deadline, but at least LEAST and at most PATIENCE.
        #
        # @param context [#deadline_ms, #get_remaining_time_in_millis]
        # @return the block's result
        # @raise [DeadlineExceeded]
        def grace(context, &block)
          seconds = PATIENCE
          seconds = (context.get_remaining_time_in_millis / 2000.0).clamp(LEAST, PATIENCE) if context.deadline_ms.positive?
          Timeout.timeout(seconds, DeadlineExceeded,
                          "the client did not read the error of the incomplete response, so Lamby closes the connection", &block)
        end

        private

        def exceeded
          "the response was not finished #{Lamby.config.deadline_margin} s before the invocation's deadline (config.deadline_margin)"
        end

        def half_of_the_margin = Lamby.config.deadline_margin / 2.0

        def left(context)
          (context.get_remaining_time_in_millis / 1000.0) - Lamby.config.deadline_margin
        end
      end

      # Watches a thread that writes to a stream.
      #
      # An exception in that thread is enough to stop most applications. An application that rescues the exception, or
      # that waits in an `ensure`, would continue until Lambda ends the process. Its client would then never see the end
      # of the response.
      class Watch
        # @param stream [ResponseStream] the stream that this thread writes to
        # @param seconds [Numeric] seconds until the thread gets {DeadlineExceeded}
        # @param more [Numeric] seconds from this exception until the stream is ended
        # @param message [String]
        def initialize(stream, seconds, more, message)
          @stream = stream
          @writer = Thread.current
          @lock = Mutex.new
          @stopped = @ending = false
          @thread = Thread.new do
            # A new thread inherits the interrupt mask of {Deadline.within}. With this mask, {Deadline.grace} could not
            # interrupt its block.
            Thread.handle_interrupt(DeadlineExceeded => :immediate) { run(seconds, more, message) }
          end
        end

        # Stops watching. If the watch is ending the stream at this moment, waits until the stream has ended.
        #
        # @return [void]
        def stop
          ending = @lock.synchronize do
            @stopped = true
            @ending
          end
          @thread.kill unless ending
          @thread.join
        end

        private

        def run(seconds, more, message)
          sleep seconds
          return unless expire(message)

          sleep more
          end_stream(message)
        end

        # Raises the exception in the writing thread, unless {#stop} was called before. Both methods take the same lock,
        # so this method never raises after {#stop} has returned.
        def expire(message)
          @lock.synchronize do
            next false if @stopped

            @stream.expire(message)
            @writer.raise(DeadlineExceeded, message)
            true
          end
        end

        # Ends the stream with the error, and with the writing thread's current backtrace.
        def end_stream(message)
          return unless @lock.synchronize { @ending = true unless @stopped }

          error = DeadlineExceeded.new(message)
          error.set_backtrace(@writer.backtrace || [])
          @stream.end_for(error)
        end
      end
      private_constant :Watch
    end
  end
end
