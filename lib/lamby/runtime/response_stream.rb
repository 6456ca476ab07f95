# frozen_string_literal: true

module Lamby
  module Runtime
    # A response on its way, piece by piece: what a Rack 3 streaming body and a hijacking
    # application write to. It may be written to from any thread.
    #
    # Small pieces that come quickly after one another leave together, after 2 ms at the
    # latest; {#flush} sends what is there.
    #
    # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#streaming-body
    class ResponseStream
      include RackStream

      CONTENT_TYPE = "application/vnd.awslambda.http-integration-response"
      # Bytes from which on a piece leaves by itself.
      LARGE = 8 * 1024
      private_constant :CONTENT_TYPE, :LARGE

      # @param client [Client]
      # @param context [Context]
      # @param flusher [Flusher]
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

      # @return [Context] of the invocation
      # @api private
      attr_reader :context

      # @return [Boolean] true for the first caller, which alone may begin the stream
      # @api private
      def claim
        return false if @claimed

        @claimed = true
      end

      # @return [Boolean] whether something of the answer is out
      # @api private
      def begun? = @begun

      # @param prelude [String] status and headers
      # @param content_length [Integer, nil] of the body, where the headers say it
      # @param input [IO, nil] the request's body
      # @return [void]
      # @raise [Error] the second time, because a second head would become part of this response's body
      # @api private
      def begin(prelude, content_length, input)
        raise Error, "the response has begun already, and begins only once" if @begun

        @left = content_length
        @input = input
        @lock.synchronize { transmit(prelude) { @client.begin_stream(@context, CONTENT_TYPE, prelude) { @begun = true } } }
      rescue Forked # The application has returned in a process that it forked.
        exit
      end

      # @param chunks [Array<#to_s>]
      # @return [Integer] the number of bytes
      # @raise [StreamClosed] if it is closed, if the client has gone, or in a process that was forked from the one that
      #   has begun it
      # @raise [InvalidResponse] where it is more than Content-Length says
      # @raise [DeadlineExceeded] when the invocation is about to time out, and by every later write
      def write(*chunks)
        chunks.sum do |chunk|
          bytes = chunk.to_s
          @lock.synchronize { put(bytes) }
          bytes.bytesize
        end
      end

      # Sends what waits.
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

      # @return [nil] and no more is written
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

      # Waits until it is closed: an application may go on to write from a thread of its own.
      #
      # @api private
      def wait
        @ended.pop
      end

      # Sends what has waited long enough.
      #
      # @api private
      def flush_late
        @lock.synchronize do
          @watched = false
          send_buffer
        end
      rescue StandardError
        nil # The next write says it, or the end.
      end

      # Makes all writes raise from now on.
      #
      # @param message [String] of {DeadlineExceeded}
      # @return [void]
      # @api private
      def expire(message)
        @expired = message
      end

      # Ends the response. Does nothing if {#end_for} has ended it.
      #
      # @return [void]
      # @raise [InvalidResponse] where it is less than Content-Length says
      # @raise [StreamClosed, DeadlineExceeded]
      # @api private
      def finish
        return if @over

        Deadline.finish(@context) do
          close
          check_time # The application may have rescued it.
          raise InvalidResponse, "the application's body ends #{@left} bytes before its Content-Length" if @left&.positive?

          @lock.synchronize do
            transmit { @client.end_stream(@context) }
            @over = true
          end
        end
      end

      # Ends the response with an error. If its connection cannot carry the error any more, cuts it and reports the
      # failure over another one.
      #
      # Does nothing if it has ended.
      #
      # @param failure [Failure]
      # @return [void]
      # @api private
      def fail(failure)
        @closed = true # No thread begins another piece.
        return if @over
        return cut(failure) if @gone

        Deadline.say_why(@context) do
          @lock.synchronize do
            next if @over

            send_buffer
            transmit { @client.end_stream(@context, failure) }
            @over = true
          end
        end
      rescue StreamClosed, DeadlineExceeded => e
        cut(failure)
        Log.warn(e.message, @context)
      end

      # Ends the response with an error, from another thread than the one that writes it and goes on.
      #
      # @param error [Exception]
      # @return [void]
      # @api private
      def end_for(error)
        failure = Failure.new(error)
        @reported = failure.type
        self.fail(failure)
      rescue Error => e # The Runtime API refused it or is gone. The next poll will raise the same.
        Log.error(e.message, @context)
      ensure
        @ended << true
        Log.failure(failure, @context)
      end

      # @param failure [Failure]
      # @return [Boolean] whether {#end_for} has reported it
      # @api private
      def reported?(failure)
        @reported == failure.type
      end

      # Lets go of the connection: the answer has no end.
      #
      # @return [void]
      # @api private
      def abort
        @closed = true
        # Another thread may wait for a reader, within a piece and with the lock.
        @client.abort
        @lock.synchronize do
          @over = true
          @client.disconnect
        end
      end

      # @return [String] no bytes of the response
      def inspect
        "#<#{self.class} #{"closed" if @closed}>"
      end

      private

      # It is not known what has arrived. If nothing has, Lambda gets only the report. If Lambda has begun to forward
      # the response, it ends the response with the report. If it has ended the response, it refuses the report.
      def cut(failure)
        self.abort
        @lock.synchronize { @client.report_error(@context, failure, unsure: true) }
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
          # Bytes are bytes, whatever their encoding.
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

      # Calls the block, which sends a piece or something else. If an exception interrupts a piece, the next call sends
      # the rest of it first, because the other side waits for all of it. Otherwise the connection would have to be cut.
      def transmit(piece = nil)
        complete
        raise StreamClosed, "the response has ended" if @over

        length = piece&.bytesize
        result = yield
        sent = true
        result
      rescue StreamClosed => e
        @gone = e
        raise
      ensure
        keep_unfinished(piece, length) unless sent || @gone || piece.nil? || length.nil?
      end

      # The application may change the piece later. Where another thread has changed its length already, its rest is
      # lost, and the other side would take what follows for it.
      def keep_unfinished(piece, length)
        return @unfinished = piece.dup if piece.bytesize == length

        @gone = StreamClosed.new("a piece of the response was changed while it was sent, so the connection is cut")
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
        now - @sent_at > Flusher::PATIENCE
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
