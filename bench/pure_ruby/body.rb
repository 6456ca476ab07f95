# frozen_string_literal: true

module PureRuby
  # Reads a Rack body of any kind into one String.
  module Body
    # Collects the bytes that a streaming body writes.
    class Stream
      attr_reader :written

      def initialize
        @written = +"".b
      end

      def write(*chunks)
        chunks.sum do |chunk|
          @written << chunk.to_s.b
          chunk.to_s.bytesize
        end
      end

      def <<(chunk)
        write(chunk)
        self
      end

      def flush
        self
      end

      def close(*); end
    end

    def self.read(body)
      if body.respond_to?(:to_path) && File.file?(path = body.to_path)
        File.binread(path)
      elsif body.is_a?(Array) && body.size == 1
        body.first
      elsif body.respond_to?(:each)
        # Chunks may have different encodings, but they are sent as bytes.
        bytes = +"".b
        body.each { |chunk| bytes << (chunk.ascii_only? ? chunk : chunk.b) }
        bytes
      elsif body.respond_to?(:call)
        stream = Stream.new
        body.call(stream)
        stream.written
      else
        raise Error, "the application's body is #{body.class}"
      end
    end
  end
end
