# frozen_string_literal: true

module Lamby
  module Serve
    # Receives SIGINT and SIGTERM.
    class Signals
      NAMES = %w[INT TERM].freeze
      private_constant :NAMES

      def initialize
        # A signal handler may not lock a Mutex, but it may write to a pipe.
        @reader, @writer = IO.pipe
        @previous = NAMES.to_h { |name| [name, trap(name) { @writer.write_nonblock(".", exception: false) }] }
      end

      # Waits for the next signal.
      #
      # @return [void]
      def wait = @reader.read(1)

      # Restores the handlers that this process had before.
      #
      # @return [void]
      def close
        @previous.each { |name, handler| trap(name, handler || "DEFAULT") }
      end
    end
  end
end
