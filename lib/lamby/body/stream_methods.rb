# frozen_string_literal: true

module Lamby
  module Body
    # The methods that the Rack SPEC requires of a streaming body's stream in addition to `write`, `flush`, `close` and
    # `closed?`. A class that includes this module defines these four methods, and sets `@input` to the request's body.
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

      # Calls `write`, so it may block, unlike IO#write_nonblock.
      #
      # @param bytes [#to_s]
      # @return [Integer] the number of bytes written
      def write_nonblock(bytes, **)
        write(bytes)
      end

      # Reads from the request's body, as IO#read does.
      #
      # @return [String, nil]
      def read(...)
        @input&.read(...)
      end

      # Reads from the request's body, as IO#read_nonblock does. It never blocks, because the whole body has arrived.
      #
      # @param length [Integer] the number of bytes to read at most
      # @param buffer [String, nil] receives the bytes
      # @return [String]
      # @raise [EOFError] at the end of the request's body
      def read_nonblock(length, buffer = nil, **)
        @input&.read(length, *buffer) or raise EOFError, "end of the request's body"
      end

      # Closes the stream for reading. Afterwards, `read` returns nil, and `read_nonblock` raises EOFError.
      #
      # @return [nil]
      def close_read
        @input = nil
      end

      # Closes the stream for writing, as `close` does.
      #
      # @param error [Exception, nil] ignored
      # @return [nil]
      def close_write(error = nil)
        close(error)
      end
    end
  end

  # Former name of {Body::StreamMethods}.
  RackStream = Body::StreamMethods
end
