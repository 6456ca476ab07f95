# frozen_string_literal: true

module Lamby
  module Native
    # Converts the statuses of liblamby to the exceptions that the native extension raises.
    #
    # @see ext/capi/include/lamby.h lamby_status
    module Status
      OK = 0
      INVALID_EVENT = 3
      UNHANDLED_EVENT = 4

      EXCEPTIONS = {
        INVALID_EVENT => InvalidEvent,
        UNHANDLED_EVENT => UnhandledEvent,
        5 => InvalidResponse,
        6 => ResponseTooLarge,
        7 => NoMemoryError
      }.freeze
      private_constant :EXCEPTIONS

      # @param status [Integer]
      # @param message [String]
      # @return [Exception]
      def self.exception(status, message)
        exception = EXCEPTIONS[status] and return exception.new(message)
        # The status is unknown, liblamby has a bug, or Lamby has passed a wrong argument.
        InternalError.new("a bug in liblamby or in Lamby's calls of it, please report it: #{message} (status #{status})")
      end
    end
  end
end
