# frozen_string_literal: true

module Lamby
  module Runtime
    # Streams a response to the Runtime API. Rack 3's streaming bodies and applications that use `rack.hijack` write to
    # it. Any thread may write.
    #
    # Small chunks that follow each other quickly are buffered for at most 2 ms and sent together. {#flush} sends the
    # buffer at once.
    #
    # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#streaming-body
    class ResponseStream
      include Body::StreamMethods

      CONTENT_TYPE = "application/vnd.awslambda.http-integration-response"
      # A chunk of this many bytes or more is not buffered. A buffer that reaches this size is sent at once.
      LARGE = 8 * 1024
      private_constant :CONTENT_TYPE, :LARGE

      # @param client [Client]
      # @param context [Context]
      # @param flusher [StreamFlusher]
      # @api private
      def initialize(client, context, flusher)
        @client = client
        @context = context
        @flusher = flusher
        @lock = Mutex.new
        @buffer = String.new(capacity: LARGE, encoding: Encoding::BINARY)
        @left = @input = nil
        @claimed = @begun = @closed = @watched = @over = false
        @gone = @expired = @reported = @unfinished = nil
        @sent_at = 0
        @ended = Queue.new
      end

      # @return [Context] the invocation's context
      # @api private
      attr_reader :context

      # @return [Boolean] true for the first caller. Only that caller may begin the stream
      # @api private
      def claim
        return false if @claimed

        @claimed = true
      end

      # @return [Boolean] whether a part of the response may have been sent
      # @api private
      def begun? = @begun

      # Begins the response: sends status and headers.
      #
      # @param prelude [String] status and headers
      # @param content_length [Integer, nil] the body's length, if the headers state it
      # @param input [IO, nil] the request's body
      # @return [void]
      # @raise [Error] if the response has already begun, because a second prelude would become part of the body
      # @api private
      def begin(prelude, content_length, input)
        raise Error, "the response has already begun, and can begin only once" if @begun

        @left = content_length
        @input = input
        @lock.synchronize { transmit(prelude) { @client.begin_stream(@context, CONTENT_TYPE, prelude) { @begun = true } } }
      rescue Forked # The application has returned in a process that it forked.
        exit
      end

      # Sends chunks, or buffers them if they are small.
      #
      # @param chunks [Array<#to_s>]
      # @return [Integer] the number of bytes
      # @raise [StreamClosed] if the stream is closed, if the client has disconnected, or if this process was forked
      #   from the process that has begun the stream
      # @raise [InvalidResponse] if the body is longer than its Content-Length
      # @raise [DeadlineExceeded] if the invocation is about to time out; every later write raises it again
      def write(*chunks)
        chunks.sum do |chunk|
          bytes = chunk.to_s
          @lock.synchronize { put(bytes) }
          bytes.bytesize
        end
      end

      # Sends the buffered chunks.
      #
      # @return [self]
      # @raise [StreamClosed, DeadlineExceeded]
      def flush
        @lock.synchronize do
          check_time
          send_buffer
        end
        self
      end

      # Sends the buffered chunks and closes the stream. Later writes raise.
      #
      # @return [nil]
      def close(_error = nil)
        @lock.synchronize do
          send_buffer unless @closed
        ensure
          @closed = true
          @ended << true
        end
        nil
      end

      # @return [Boolean]
      def closed? = @closed

      # Waits until the stream is closed, because an application may still write from its own thread.
      #
      # @api private
      def wait
        @ended.pop
      end

      # Sends the buffered chunks. {StreamFlusher} calls this method when the chunks have waited long enough.
      #
      # @api private
      def flush_late
        @lock.synchronize do
          @watched = false
          send_buffer
        end
      rescue StandardError
        nil # The next write or the end of the stream raises the error again.
      end

      # Makes all later writes raise {DeadlineExceeded}.
      #
      # @param message [String]
      # @return [void]
      # @api private
      def expire(message)
        @expired = message
      end

      # Ends the response. Does nothing if {#end_for} has ended it.
      #
      # @return [void]
      # @raise [InvalidResponse] if the body is shorter than its Content-Length
      # @raise [StreamClosed, DeadlineExceeded]
      # @api private
      def finish
        return if @over

        Deadline.within_margin(@context) do
          close
          check_time # The application may have rescued DeadlineExceeded.
          raise InvalidResponse, "the application's body ends #{@left} bytes before its Content-Length" if @left&.positive?

          @lock.synchronize do
            transmit { @client.end_stream(@context) }
            @over = true
          end
        end
      end

      # Ends the response with an error. If the response's connection can no longer carry the error, closes that
      # connection and reports the error over a new one.
      #
      # Does nothing if the response has ended.
      #
      # @param error_report [ErrorReport]
      # @return [void]
      # @api private
      def fail(error_report)
        @closed = true # From now on, no thread begins another chunk.
        return if @over
        return cut(error_report) if @gone

        Deadline.grace(@context) do
          @lock.synchronize do
            next if @over

            send_buffer
            transmit { @client.end_stream(@context, error_report) }
            @over = true
          end
        end
      rescue StreamClosed, DeadlineExceeded => e
        cut(error_report)
        Logging.warn(e.message, @context)
      end

      # Ends the response with an error. `Deadline::Watch` calls this method in its own thread if the thread that writes
      # the response does not stop.
      #
      # @param error [Exception]
      # @return [void]
      # @api private
      def end_for(error)
        error_report = ErrorReport.new(error)
        @reported = error_report.type
        self.fail(error_report)
      rescue Error => e # The Runtime API refused the report or is unreachable. The next poll will raise, too.
        Logging.error(e.message, @context)
      ensure
        @ended << true
        Logging.report(error_report, @context)
      end

      # @param error_report [ErrorReport]
      # @return [Boolean] whether {#end_for} has reported an error of this type
      # @api private
      def reported?(error_report)
        @reported == error_report.type
      end

      # Closes the connection without ending the response.
      #
      # @return [void]
      # @api private
      def abort
        @closed = true
        # Called without the lock, because another thread may hold the lock while it waits for a slow reader.
        @client.abort
        @lock.synchronize do
          @over = true
          @client.disconnect
        end
      end

      # @return [String] a short description, without the response's content
      def inspect
        "#<#{self.class} #{"closed" if @closed}>"
      end

      private

      # Closes the connection and reports the error over a new one. The runtime does not know how much of the response
      # Lambda has received. If Lambda has received nothing, it gets only the report. If Lambda has begun to forward the
      # response, it ends the response with the report. If Lambda has received the whole response, it refuses the
      # report.
      def cut(error_report)
        self.abort
        @lock.synchronize { @client.report_error(@context, error_report, unsure: true) }
      end

      def check_time
        raise DeadlineExceeded, @expired if @expired
      end

      def put(bytes)
        check_time
        raise StreamClosed, "the response is closed" if @closed
        raise @gone.class, @gone.message if @gone # Otherwise small writes would succeed until they fill the buffer.

        raise InvalidResponse, "the application's body is longer than its Content-Length" if @left && (@left -= bytes.bytesize).negative?

        if bytes.bytesize >= LARGE || (@buffer.empty? && quiet?)
          send_buffer
          send_now(bytes)
        else
          # Without `b`, text in another encoding would change the buffer's encoding or raise an error.
          @buffer << (bytes.encoding == Encoding::BINARY || bytes.ascii_only? ? bytes : bytes.b)
          @buffer.bytesize >= LARGE ? send_buffer : watch
        end
      end

      def send_buffer
        return if @buffer.empty?

        complete
        begin
          send_now(@buffer)
        ensure
          @buffer.clear
        end
      end

      def send_now(bytes)
        transmit(bytes) { @client.write_stream(bytes) }
        @sent_at = now
      end

      # Calls the block, which sends a chunk or the end of the response. If an exception interrupts the block in the
      # middle of a chunk, the next call first sends the rest of that chunk, because the Runtime API waits for the whole
      # chunk. Without the rest, the connection could not be used again.
      def transmit(chunk = nil)
        complete
        raise StreamClosed, "the response has ended" if @over

        length = chunk&.bytesize
        result = yield
        sent = true
        result
      rescue StreamClosed => e
        @gone = e
        raise
      ensure
        keep_unfinished(chunk, length) unless sent || @gone || chunk.nil? || length.nil?
      end

      # Keeps a copy of an interrupted chunk, because the application may change it later. If another thread has already
      # changed the chunk's length, the rest is unknown, and the Runtime API would treat later bytes as the rest. So the
      # connection is closed.
      def keep_unfinished(chunk, length)
        return @unfinished = chunk.dup if chunk.bytesize == length

        @gone = StreamClosed.new("a chunk of the response was changed while it was sent, so the connection is closed")
      end

      def complete
        return if @unfinished.nil? || @over

        @client.resume_stream(@unfinished)
        @unfinished = nil
      rescue StreamClosed => e
        @gone = e
        raise
      end

      def quiet?
        now - @sent_at > StreamFlusher::PATIENCE
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      def watch
        return if @watched

        @watched = true
        @flusher.watch(self)
      end
    end
  end
end
