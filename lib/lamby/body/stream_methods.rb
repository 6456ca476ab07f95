# frozen_string_literal: true

module Lamby
  module Body
    # The methods of a streaming body's stream that the Rack SPEC asks for beside `write`, `flush`, `close` and `closed?`.
    # They use these four, and the request's body in `@input`.
    #
    # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#streaming-body
    module StreamMethods
      # Writes a chunk.
      #
      # @param chunk [#to_s]
      # @return [self]
      def <<(chunk)
        write(chunk)
        self
      end

      # Writes like `write`, and so may block.
      #
      # @param bytes [#to_s]
      # @return [Integer] the number of bytes
      def write_nonblock(bytes, **)
        write(bytes)
      end

      # Reads from the request's body, as IO#read does.
      #
      # @return [String, nil]
      def read(...)
        @input&.read(...)
      end

      # Reads from the request's body, as IO#read_nonblock does. It never blocks, because the whole body is there.
      #
      # @param length [Integer] the number of bytes to read at most
      # @param buffer [String, nil] receives the bytes
      # @return [String]
      # @raise [EOFError] at the end of the request's body
      def read_nonblock(length, buffer = nil, **)
        @input&.read(length, *buffer) or raise EOFError, "end of the request's body"
      end

      # Makes later reads find no request body.
      #
      # @return [nil]
      def close_read
        @input = nil
      end

      # Closes the stream, because nothing reads after a response has ended.
      #
      # @param error [Exception, nil] ignored
      # @return [nil]
      def close_write(error = nil)
        close(error)
      end
    end
  end

  # Its earlier name.
  RackStream = Body::StreamMethods
end
