# frozen_string_literal: true

module Lamby
  module Body
    # Collects a body's chunks, for a response that is returned as a whole.
    #
    # An instance is the stream that a streaming body writes to. It collects the bytes that the body writes until the
    # body's `call` returns.
    #
    # @see Body.read
    # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#streaming-body
    # @api private
    class Collector
      include StreamMethods

      class << self
        # @param chunks [Array<String>]
        # @return [Array<String>] the same Array
        def array(chunks)
          chunks
        end

        # @param path [String]
        # @return [String] the file's bytes
        def file(path)
          File.binread(path)
        end

        # @param body [#each]
        # @return [Array<String>] the chunks. A chunk that is not frozen is copied, because an application may yield the
        #   same buffer again
        def each(body)
          chunks = []
          body.each { |chunk| chunks << (chunk.frozen? ? chunk : chunk.dup) }
          chunks
        end

        # Calls a streaming body, and returns the bytes that it wrote.
        #
        # @param body [#call]
        # @param env [Hash] the request's env
        # @return [String]
        def stream(body, env)
          stream = new(env["rack.input"])
          body.call(stream)
          stream.finish
        end
      end

      # @param input [IO, nil] the request's body
      def initialize(input)
        @input = input
        @output = String.new(encoding: Encoding::BINARY)
        @closed = false
      end

      # Collects chunks.
      #
      # @param chunks [Array<#to_s>]
      # @return [Integer] the number of bytes written
      # @raise [IOError] if the stream is closed
      def write(*chunks)
        raise IOError, "the response is finished: a streaming body must write before its call returns" if @closed

        chunks.sum do |chunk|
          bytes = chunk.to_s.b
          @output << bytes
          bytes.bytesize
        end
      end

      # Does nothing, because Lamby returns the response only after the body's `call` has returned.
      #
      # @return [self]
      def flush
        self
      end

      # Closes the stream. Later writes raise.
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

      # Closes the stream, and returns the bytes that were written.
      #
      # @return [String]
      def finish
        close
        @output
      end
    end
  end
end
