# frozen_string_literal: true

module Lamby
  # Loggers whose file cannot be written, as none can on Lambda but below /tmp, write to standard
  # output, where Lambda collects it: without it they raise when the application starts.
  #
  # @api private
  module LogFallback
    class << self
      # @return [void]
      def install
        require "logger"
        ::Logger.prepend(self)
      end

      # @param device [Object] as of Logger.new
      # @return [Object]
      def for(device)
        path = device.is_a?(String) ? device : path_of(device)
        return device unless path

        place = File.exist?(path) ? path : File.dirname(path)
        File.writable?(place) ? device : $stdout
      end

      private

      # A File has one as well, but is open already.
      def path_of(device)
        device.to_path if device.respond_to?(:to_path) && !device.respond_to?(:close)
      end
    end

    def initialize(device, *rest, **options)
      super(LogFallback.for(device), *rest, **options)
    end
  end
end
