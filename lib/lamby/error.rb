# frozen_string_literal: true

module Lamby
  # The superclass of the exceptions that Lamby itself raises. Exceptions of the application pass through unchanged.
  class Error < StandardError; end

  # The superclass of {InvalidEvent} and {UnhandledEvent}.
  class EventError < Error
    # @return [Symbol, nil] the kind of event, one of {Config::EVENT_KINDS}; nil if Lamby does not know the kind, or if
    #   the event is an HTTP request
    attr_reader :kind

    # @param message [String, nil]
    # @param kind [Symbol, nil] see {#kind}
    def initialize(message = nil, kind = nil)
      super(message)
      @kind = kind
    end
  end

  # Raised if an event cannot be read, because it is not an object, a field has the wrong type, or a body is not base64.
  # The message names the field.
  class InvalidEvent < EventError; end

  # Raised if an event is not an HTTP request and has no handler. Lambda then retries the event or sends it to the
  # dead-letter queue. If Lamby returned a response instead, the event would be lost.
  class UnhandledEvent < EventError; end

  # Raised if the application's response violates the Rack SPEC.
  class InvalidResponse < Error; end

  # Raised if the payload is larger than the integration accepts. The message contains the size and the limit.
  class ResponseTooLarge < Error; end

  # Raised for a bug in the native extension. Only the invocation fails, and the process continues.
  class InternalError < Error; end
end
