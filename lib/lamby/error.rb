# frozen_string_literal: true

module Lamby
  # What Lamby itself raises; an exception of the application passes through as it is.
  class Error < StandardError; end

  # The event cannot be read: not an object, a field of the wrong type, a body that
  # is not base64. The message names the field.
  class InvalidEvent < Error; end

  # The event is not an HTTP request. Raised, not answered, so that Lambda retries
  # or dead-letters it instead of losing it.
  class UnhandledEvent < Error; end

  # The application's response is not what the Rack SPEC asks for.
  class InvalidResponse < Error; end

  # The response is larger than the integration takes. The message has both sizes.
  class ResponseTooLarge < Error; end

  # A bug in the native extension; it fails one invocation and not the process.
  class InternalError < Error; end
end
