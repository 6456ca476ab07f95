# frozen_string_literal: true

module Lamby
  module Runtime
    # Comes back to a stream that has small pieces waiting. Each {Worker} has its own, as one
    # that sends to a slow reader waits with it.
    #
    # @api private
    class Flusher
      # Seconds that a small piece waits for others.
      PATIENCE = 0.002

      def initialize
        @streams = Queue.new
      end

      # @param stream [#flush_late] is called back
      # @return [void]
      def watch(stream)
        @streams << stream
        # Its thread begins when it is needed first; and again where the process was forked.
        @thread = Thread.new { run } unless @thread&.alive?
      end

      private

      def run
        while (stream = @streams.pop)
          sleep PATIENCE
          stream.flush_late
        end
      end
    end
  end
end
