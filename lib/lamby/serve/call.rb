# frozen_string_literal: true

require "securerandom"

module Lamby
  module Serve
    # One invocation, from the event to its outcome. A thread waits for the outcome or for the chunks of a streamed
    # response, while other threads deliver them.
    class Call
      # The most bytes of a streamed response that wait for the client. Further chunks wait in the function, as on Lambda.
      LONGEST_QUEUE = 1024 * 1024
      # How many bytes of the log are kept: "the last 4 KB of the execution log".
      # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
      LONGEST_LOG = 4096
      # X-Ray's root id begins with the time in hexadecimal digits:
      # https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
      TRACE_ID = "Root=1-%08x-%s;Parent=%s;Sampled=0"
      private_constant :LONGEST_QUEUE, :LONGEST_LOG, :TRACE_ID

      # @return [String] the request id
      attr_reader :id
      # @return [String] JSON
      attr_reader :event
      # @return [String] what to show in the terminal, such as "GET /orders"
      attr_reader :title
      # @return [Hash{String => String}] headers of the Runtime API in addition to the usual ones
      attr_reader :headers
      # @return [Record, nil] what the inspector shows of this invocation
      attr_reader :record
      # @return [Outcome, nil] nil while the invocation is in flight
      attr_reader :outcome

      # @param event [String] JSON
      # @param title [String]
      # @param id [String] the request id
      # @param record [Record, nil]
      # @param client_context [String, nil] JSON
      def initialize(event, title, id: SecureRandom.uuid, record: nil, client_context: nil)
        @id = id
        @event = event
        @title = title
        @record = record
        @log = +""
        @headers = {
          "Lambda-Runtime-Aws-Request-Id" => id,
          "Lambda-Runtime-Trace-Id" => format(TRACE_ID, Time.now.to_i, SecureRandom.hex(12), SecureRandom.hex(8)),
          "Lambda-Runtime-Client-Context" => client_context
        }.compact
        @lock = Mutex.new
        @changed = ConditionVariable.new
        @chunks = []
        @queued = 0
        @abandoned = false
      end

      # Adds a chunk of a streamed response. Waits while the client is slower than the function.
      #
      # @param bytes [String]
      # @return [Boolean] false if nobody needs the chunk
      def add_chunk(bytes)
        record&.chunk(bytes)
        @lock.synchronize do
          @changed.wait(@lock) until @queued < LONGEST_QUEUE || @outcome || @abandoned
          return false if @outcome || @abandoned

          @chunks << bytes
          @queued += bytes.bytesize
          @changed.broadcast
        end
        true
      end

      # Adds a line that the function has printed.
      #
      # @param line [String]
      # @return [void]
      def add_log(line)
        record&.log(line)
        @lock.synchronize do
          @log << line << "\n"
          @log = @log.byteslice(-LONGEST_LOG, LONGEST_LOG).scrub("") if @log.bytesize > LONGEST_LOG
        end
      end

      # @return [String] the end of what the function has printed
      def log = @lock.synchronize { @log.dup }

      # Ends the invocation. Only the first outcome counts.
      #
      # @param outcome [Outcome]
      # @return [Boolean] whether this was the first outcome
      def finish(outcome)
        @lock.synchronize do
          return false if @outcome

          @outcome = outcome
          @changed.broadcast
        end
        true
      end

      # Waits for the next chunk, or for the outcome.
      #
      # @return [String, nil] a chunk, or nil when the invocation has ended and all chunks were returned
      def next_chunk
        @lock.synchronize do
          @changed.wait(@lock) while @chunks.empty? && !@outcome
          chunk = @chunks.shift
          @queued -= chunk.bytesize if chunk
          @changed.broadcast
          chunk
        end
      end

      # Waits for the outcome.
      #
      # @param seconds [Numeric] the longest wait
      # @yieldreturn [Boolean] whether to stop waiting; {#wake} calls the block again
      # @return [Outcome, nil] nil if the invocation has not ended in this time
      def wait(seconds)
        limit = now + seconds
        @lock.synchronize do
          while !@outcome && !yield && (left = limit - now).positive?
            @changed.wait(@lock, left)
          end
          @outcome
        end
      end

      # Makes {#wait} call its block.
      #
      # @return [void]
      def wake = @lock.synchronize { @changed.broadcast }

      # Drops the rest of a streamed response, because the client has disconnected. The function goes on, as on Lambda.
      #
      # @return [void]
      def abandon
        @lock.synchronize do
          @abandoned = true
          @changed.broadcast
        end
      end

      private

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
