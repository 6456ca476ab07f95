# frozen_string_literal: true

module Lamby
  module Native
    # Converts the statuses of liblamby to the exceptions that the native extension raises.
    #
    # @see ext/capi/include/lamby.h lamby_status
    module Status
      # The call succeeded.
      OK = 0
      # A signal or an interrupt came. The same call continues.
      INTERRUPTED = 1
      # An invocation has arrived without its whole event.
      TRUNCATED = 10
      # The connection of the stream is closed.
      STREAM_CLOSED = 11
      # The Runtime API refused the request.
      REFUSED = 12

      EXCEPTIONS = { 3 => InvalidEvent, 4 => UnhandledEvent, 5 => InvalidResponse, 6 => ResponseTooLarge, 7 => NoMemoryError }.freeze
      # The names of classes in the module Runtime, which is loaded later than this file.
      RUNTIME_ERRORS = { 8 => :Unreachable, 9 => :Unconfirmed, STREAM_CLOSED => :StreamClosed, REFUSED => :Refused, 13 => :Forked }.freeze
      private_constant :EXCEPTIONS, :RUNTIME_ERRORS

      # @param status [Integer]
      # @param message [String]
      # @return [Exception]
      def self.exception(status, message)
        name = RUNTIME_ERRORS[status]
        exception = name ? Runtime.const_get(name) : EXCEPTIONS[status]
        return exception.new(message) if exception

        # The status is unknown, liblamby has a bug, or Lamby has passed a wrong argument.
        InternalError.new("a bug in liblamby or in Lamby's calls of it, please report it: #{message} (status #{status})")
      end
    end
  end
end
