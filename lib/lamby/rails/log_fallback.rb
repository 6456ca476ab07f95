# frozen_string_literal: true

module Lamby
  # Makes a logger write to standard output, which Lambda collects, if the logger's file cannot be written. On Lambda,
  # only /tmp is writable, so a logger with a file in another folder would raise when the application starts.
  #
  # @api private
  module LogFallback
    class << self
      # Patches Logger.
      #
      # @return [void]
      def install
        require "logger"
        ::Logger.prepend(self)
      end

      # @param device [Object] the first argument of Logger.new
      # @return [Object] the device, or $stdout if its file cannot be written
      def for(device)
        path = device.is_a?(String) ? device : path_of(device)
        return device unless path

        place = File.exist?(path) ? path : File.dirname(path)
        File.writable?(place) ? device : $stdout
      end

      private

      # Returns the path of a Pathname. A File also has a path, but it is already open, so it needs no check.
      def path_of(device)
        device.to_path if device.respond_to?(:to_path) && !device.respond_to?(:close)
      end
    end

    def initialize(device, *rest, **options)
      super(LogFallback.for(device), *rest, **options)
    end
  end
end
