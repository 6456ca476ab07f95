# frozen_string_literal: true

module Lamby
  module Native
    # Only worker processes need this file, and JRuby cannot fork them.
    class InFlightLog
      # The number of bytes that the log has for each worker process. There are none.
      SLOT = 0

      # @raise [Runtime::Error]
      def self.open(_path)
        raise Native.unsupported("worker processes (config.workers)", Runtime::Error)
      end
    end
  end
end
