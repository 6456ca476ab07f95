# frozen_string_literal: true

module Lamby
  # Reads a Rack body, of any kind that the SPEC knows, into its chunks.
  # @see https://github.com/rack/rack/blob/main/SPEC.rdoc#the-body
  module Body
    autoload :Collector, "lamby/body/collector"
    autoload :StreamMethods, "lamby/body/stream_methods"

    # @param body [#to_ary, #to_path, #each, #call]
    # @param input [IO, nil] what a streaming body reads from
    # @return [Array<String>, String] its chunks
    # @raise [InvalidResponse] where it is none of them
    def self.read(body, input = nil)
      if body.is_a?(Array)
        body
      elsif body.respond_to?(:to_path) && File.file?(path = body.to_path)
        File.binread(path)
      elsif body.respond_to?(:each)
        chunks = []
        # The application may use one buffer for all it yields.
        body.each { |chunk| chunks << (chunk.frozen? ? chunk : chunk.dup) }
        chunks
      elsif body.respond_to?(:to_ary)
        body.to_ary
      elsif body.respond_to?(:call)
        Collector.read(body, input)
      else
        raise InvalidResponse, "the application's body is #{Native.describe(body)}; Rack wants one that answers each or call"
      end
    end
  end
end
