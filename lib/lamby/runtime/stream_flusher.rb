# frozen_string_literal: true

module Lamby
  module Runtime
    # Flushes streams that have buffered small chunks. Each {Poller} has its own flusher, because a flush blocks while
    # the stream's reader is slow, and must not delay other streams.
    #
    # @api private
    class StreamFlusher
      # How long a small chunk waits for other chunks, in seconds.
      PATIENCE = 0.002

      def initialize
        @streams = Queue.new
      end

      # Flushes the stream after {PATIENCE}.
      #
      # @param stream [#flush_late]
      # @return [void]
      def watch(stream)
        @streams << stream
        # The thread starts when it is first needed. A forked process starts its own thread, because a fork does not
        # copy threads.
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
