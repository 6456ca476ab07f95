# frozen_string_literal: true

module Lamby
  module Runtime
    # The stream of a response with `Transfer-Encoding: chunked`: undoes the framing of what is written to it,
    # and writes the content to a {ResponseStream}. It may be written to from any thread.
    #
    # @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1
    class UnframedStream
      include RackStream

      # @param stream [ResponseStream]
      # @param decoder [Native::ChunkedDecoder]
      # @param input [IO, nil] the request's body
      # @api private
      def initialize(stream, decoder, input)
        @stream = stream
        @decoder = decoder
        @input = input
        @lock = Mutex.new
      end

      # @param chunks [Array<#to_s>]
      # @return [Integer] the number of bytes, with their frames
      # @raise [StreamClosed] once it is closed, or where nobody takes it any more
      # @raise [InvalidResponse] where the body began with frames and goes on without them
      def write(*chunks)
        chunks.sum do |chunk|
          bytes = chunk.to_s
          @lock.synchronize do
            raise StreamClosed, "the response is closed" if closed?

            send_content(@decoder.decode(bytes))
          end
          bytes.bytesize
        end
      end

      # Sends what waits. A first chunk that is not complete waits on.
      #
      # @return [self]
      def flush
        @stream.flush
        self
      end

      # @return [nil] and no more is written
      # @raise [InvalidResponse] where the last chunk is missing
      def close(_error = nil)
        finish unless closed?
      ensure
        @stream.close
      end

      # @return [Boolean]
      def closed? = @stream.closed?

      # Waits until it is closed: an application may go on to write from a thread of its own.
      #
      # @api private
      def wait = @stream.wait

      # Ends the framing, and keeps the stream open.
      #
      # @return [void]
      # @raise [InvalidResponse] where the last chunk is missing
      # @api private
      def finish
        @lock.synchronize { send_content(@decoder.finish) }
      end

      # @return [String] no bytes of the response
      def inspect
        "#<#{self.class} #{"closed" if closed?}>"
      end

      private

      def send_content(bytes)
        @stream.write(bytes) unless bytes.empty?
      end
    end
  end
end
