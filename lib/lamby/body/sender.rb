# frozen_string_literal: true

module Lamby
  module Body
    # Sends a body's chunks to a stream while it reads them.
    #
    # @see Body.read
    # @api private
    class Sender
      # How many bytes of a file are read at once.
      FILE_CHUNK = 256 * 1024
      private_constant :FILE_CHUNK

      # @param stream [Runtime::ResponseStream, Runtime::UnframedStream]
      def initialize(stream)
        @stream = stream
      end

      # @param body [#each]
      # @return [void]
      def each(body)
        body.each { |chunk| @stream.write(chunk) }
      end
      alias array each

      # @param path [String]
      # @return [void]
      def file(path)
        File.open(path, "rb") do |file|
          chunk = String.new(capacity: FILE_CHUNK)
          @stream.write(chunk) while file.read(FILE_CHUNK, chunk)
        end
      end

      # Calls a streaming body, and waits until the stream is closed, because the body may still write from another
      # thread.
      #
      # @param body [#call]
      # @return [void]
      def stream(body, _env)
        body.call(@stream)
        @stream.wait
      end
    end
  end
end
