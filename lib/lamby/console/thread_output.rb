# frozen_string_literal: true

require "stringio"

module Lamby
  module Console
    # Replaces $stdout and $stderr while one thread evaluates code. What this thread writes is captured. Other threads,
    # which may run other invocations, write to the original.
    class ThreadOutput < BasicObject
      # Captures what the current thread writes while the block runs.
      #
      # @return [Array(Object, String)] the block's result, and the output
      def self.capture
        captured = ::StringIO.new
        originals = [$stdout, $stderr]
        $stdout, $stderr = originals.map { |original| new(original, captured, ::Thread.current) }
        [yield, captured.string]
      ensure
        $stdout, $stderr = originals
      end

      def initialize(original, captured, thread)
        @original = original
        @captured = captured
        @thread = thread
      end

      private

      def target = @thread.equal?(::Thread.current) ? @captured : @original

      def method_missing(name, ...) = target.public_send(name, ...)

      def respond_to_missing?(name, include_private = false) = target.respond_to?(name, include_private)
    end
  end
end
