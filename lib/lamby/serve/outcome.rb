# frozen_string_literal: true

module Lamby
  module Serve
    # How an invocation ended.
    #
    # @!attribute kind
    #   @return [Symbol] one of {Outcome::KINDS}
    # @!attribute payload
    #   @return [String, nil] what the function returned: JSON
    # @!attribute error
    #   @return [Hash{String => Object}, nil] the error that the runtime reported, with `errorType`, `errorMessage` and
    #     `stackTrace`
    # @!attribute message
    #   @return [String, nil] what was wrong, and what to do, for the developer
    # @!attribute log
    #   @return [String, nil] the last lines that the process printed, if it has ended
    Outcome = Struct.new(:kind, :payload, :error, :message, :log, keyword_init: true) do
      # @return [Boolean] whether the function returned a response
      def response? = kind == :response

      # @return [String] one line that says what was wrong
      def summary
        reported = [error && error["errorType"], error && error["errorMessage"]].compact.join(": ")
        reported = message || Outcome::KINDS.fetch(kind) if reported.empty?
        reported.lines.first.to_s.chomp
      end
    end

    # Each kind of an outcome.
    Outcome::KINDS = {
      response: "the function returned a response",
      error: "the function raised an exception",
      malformed: "the integration cannot read what the function returned",
      response_too_large: "the payload is larger than the integration accepts",
      timeout: "the function did not respond in time",
      crashed: "the process ended during the invocation",
      not_started: "the process ended before it asked for an invocation",
      disconnected: "the client disconnected",
      throttled: "all execution environments are busy",
      request_too_large: "the event is larger than the integration accepts",
      invalid_request: "the integration does not accept this request",
      not_found: "the URL does not begin with the stage or the base path"
    }.freeze
  end
end
