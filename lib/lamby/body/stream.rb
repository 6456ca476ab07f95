# frozen_string_literal: true

module Lamby
  module Body
    # The stream of a streaming body, collected: what the body writes until its
    # call returns is the answer.
    # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#streaming-body
    class Stream
      include RackStream

      # @param body [#call] a streaming body
      # @param input [IO, nil] the request's body
      # @return [String] all that it wrote
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

      # @param chunks [Array<#to_s>]
      # @return [Integer] the number of bytes
      # @raise [IOError] once it is closed
      def write(*chunks)
        raise IOError, "the response is finished: a body writes before its call returns" if @closed

        chunks.sum do |chunk|
          bytes = chunk.to_s.b
          @output << bytes
          bytes.bytesize
        end
      end

      # @return [self] nothing leaves before the call returns
      def flush
        self
      end

      # @return [nil]
      def close(_error = nil)
        @closed = true
        nil
      end

      # @return [Boolean]
      def closed?
        @closed
      end

      # Ends it.
      #
      # @return [String] all that was written
      def finish
        close
        @output
      end
    end
  end
end
