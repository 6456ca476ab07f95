# frozen_string_literal: true

module Lamby
  module Native
    # Only worker processes need this file, and JRuby cannot fork them.
    class InFlightLog
      SLOT = 0

      # @raise [Runtime::Error]
      def self.open(_path)
        raise Native.unsupported("worker processes (config.workers)", Runtime::Error)
      end
    end
  end
end
