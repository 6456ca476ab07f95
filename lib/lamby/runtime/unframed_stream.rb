# frozen_string_literal: true

module Lamby
  module Runtime
    # The stream of a response with `Transfer-Encoding: chunked`. It decodes the chunks that are written to it, and
    # writes the content to a {ResponseStream}. Any thread may write to it.
    #
    # @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1
    class UnframedStream
      include Body::StreamMethods

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

      # Decodes chunks, and sends their content.
      #
      # @param chunks [Array<#to_s>]
      # @return [Integer] the number of bytes, including the chunks' sizes and line breaks
      # @raise [StreamClosed] if the stream is closed, or the client has disconnected
      # @raise [InvalidResponse] if the body began with a chunk and continues with bytes that are not a chunk
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

      # Sends the buffered bytes, except an incomplete first chunk: until it is complete, the decoder does not know
      # whether the body is in chunks.
      #
      # @return [self]
      def flush
        @stream.flush
        self
      end

      # Closes the stream. Later writes raise.
      #
      # @return [nil]
      # @raise [InvalidResponse] if the last chunk is missing
      def close(_error = nil)
        finish unless closed?
      ensure
        @stream.close
      end

      # @return [Boolean]
      def closed? = @stream.closed?

      # Waits until the stream is closed, because an application may still write from its own thread.
      #
      # @api private
      def wait = @stream.wait

      # Ends the decoding: sends the content that is left, and leaves the stream open.
      #
      # @return [void]
      # @raise [InvalidResponse] if the last chunk is missing
      # @api private
      def finish
        @lock.synchronize { send_content(@decoder.finish) }
      end

      # @return [String] a short description, without the response's content
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
