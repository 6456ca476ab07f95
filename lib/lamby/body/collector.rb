# frozen_string_literal: true

module Lamby
  module Body
    # The stream that a streaming body writes to when its response is buffered. It collects what the body writes until its
    # `call` returns.
    # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#streaming-body
    class Collector
      include StreamMethods

      # Calls a streaming body, and returns what it wrote.
      #
      # @param body [#call] a streaming body
      # @param input [IO, nil] the request's body
      # @return [String]
      def self.read(body, input)
        stream = new(input)
        body.call(stream)
        stream.finish
      end

      def initialize(input)
        @input = input
        @output = String.new(encoding: Encoding::BINARY)
        @closed = false
      end

      # Collects chunks.
      #
      # @param chunks [Array<#to_s>]
      # @return [Integer] the number of bytes
      # @raise [IOError] if the stream is closed
      def write(*chunks)
        raise IOError, "the response is finished: a streaming body must write before its call returns" if @closed

        chunks.sum do |chunk|
          bytes = chunk.to_s.b
          @output << bytes
          bytes.bytesize
        end
      end

      # Does nothing, because the response leaves only after the body's `call` has returned.
      #
      # @return [self]
      def flush
        self
      end

      # Closes the stream: later writes raise.
      #
      # @return [nil]
      def close(_error = nil)
        @closed = true
        nil
      end

      # @return [Boolean]
      def closed?
        @closed
      end

      # Closes the stream, and returns what was written.
      #
      # @return [String]
      def finish
        close
        @output
      end
    end
  end
end
