# frozen_string_literal: true

module Lamby
  # What a streaming body finds at its stream beside `write`, `flush`, `close` and `closed?`:
  # the rest of what the Rack SPEC asks for, by means of these and of the request's body in `@input`.
  #
  # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#streaming-body
  module RackStream
    # @param chunk [#to_s]
    # @return [self]
    def <<(chunk)
      write(chunk)
      self
    end

    # @param bytes [#to_s]
    # @return [Integer] the number of bytes, as `write`, which waits where it has to
    def write_nonblock(bytes, **)
      write(bytes)
    end

    # @return [String, nil] from the request's body, as IO#read
    def read(...)
      @input&.read(...)
    end

    # @param length [Integer] of bytes, at most
    # @param buffer [String, nil] that takes them
    # @return [String] as IO#read_nonblock: the request's body is all there
    # @raise [EOFError] at its end
    def read_nonblock(length, buffer = nil, **)
      @input&.read(length, *buffer) or raise EOFError, "end of the request's body"
    end

    # @return [nil] and nothing more of the request's body is read
    def close_read
      @input = nil
    end

    # @param error [Exception, nil] is not looked at
    # @return [nil] as `close`: nothing is read behind the end of an answer
    def close_write(error = nil)
      close(error)
    end
  end
end
