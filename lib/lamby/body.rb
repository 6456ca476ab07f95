# frozen_string_literal: true

require "lamby/body/stream_methods"
require "lamby/body/collector"

module Lamby
  # Reads a Rack body of any kind. Only this module distinguishes the kinds. The first rule that matches applies:
  #
  # 1. If the response has a `rack.hijack` header, Lamby ignores the body, and calls the header's value with a stream.
  # 2. If the body is an Array, its elements are the chunks.
  # 3. If the body has `to_path`, and a file exists at that path, Lamby reads the file.
  # 4. If the body has `each`, `each` yields the chunks: "A Body that responds to both each and call must be treated as
  #    an Enumerable Body, not a Streaming Body" (Rack SPEC).
  # 5. If the body has `to_ary`, the elements of that Array are the chunks.
  # 6. If the body has `call`, it is a streaming body. Lamby calls it with a stream.
  #
  # The argument `reader` of {read} decides what happens with the chunks: {Collector} returns them, and {Sender} sends
  # them.
  #
  # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#the-body
  # @api private
  module Body
    class << self
      # Reads a body.
      #
      # @param body [#to_path, #each, #to_ary, #call]
      # @param reader [#array, #file, #each, #stream] {Collector} or a {Sender}
      # @param env [Hash] the request's env
      # @param hijack [#call, nil] the value of the response's `rack.hijack` header
      # @return [Object] the reader's result
      # @raise [InvalidResponse] if the object is not a Rack body
      # @api private
      def read(body, reader, env, hijack = nil)
        if hijack
          reader.stream(hijack, env)
        elsif body.is_a?(Array)
          reader.array(body)
        elsif (path = file(body))
          reader.file(path)
        elsif body.respond_to?(:each)
          reader.each(body)
        elsif body.respond_to?(:to_ary)
          reader.array(body.to_ary)
        elsif body.respond_to?(:call)
          reader.stream(body, env)
        else
          raise InvalidResponse, "the application's body is #{Native.describe(body)}; Rack wants one that responds to each or call"
        end
      end

      # @param body [Object] a Rack body
      # @return [Integer, nil] the body's length in bytes, if it is known before the body is read
      # @api private
      def length(body)
        if body.is_a?(Array) then body.sum { |chunk| chunk.to_s.bytesize }
        elsif (path = file(body)) then File.size(path)
        end
      end

      private

      # Returns the path of a body that is a file.
      def file(body)
        path = body.to_path if body.respond_to?(:to_path)
        path if path && File.file?(path)
      end
    end
  end
end
