# frozen_string_literal: true

module Lamby
  # Makes AWS's Ruby client pass events and payloads as JSON bytes if the function's handler is `Lamby.cmd`, so that
  # Ruby neither parses nor generates JSON.
  #
  # The client allows "users who know what they are doing" to overwrite methods of `AwsLambda::Marshaller`:
  # <https://github.com/aws/aws-lambda-ruby-runtime-interface-client>. The client loads that class before it requires
  # the handler's file, which loads Lamby. So the class exists when Lamby patches it.
  module AwsRuntimeClient
    # The methods that replace the methods of `AwsLambda::Marshaller`.
    module Bytes
      # @param raw_request [Net::HTTPResponse] the Runtime API's reply to `/next`
      # @return [String] the event's bytes
      def marshall_request(raw_request)
        raw_request.body
      end

      # @param payload [String, Object] the handler's result
      # @return [Array(String, String)] the body to post, and its content type
      def marshall_response(payload)
        # A String is already JSON, because `Lamby.cmd` returns JSON bytes for an event that came as JSON bytes.
        payload.is_a?(String) ? [payload, "application/json"] : super
      end
    end

    # Patches the client if it is loaded and the handler is `Lamby.cmd`; otherwise does nothing.
    #
    # @param handlers [Array<String, nil>] the two values from which the client takes the handler's name: its first
    #   argument, which is the image's `CMD`, and the environment variable _HANDLER
    # @return [Boolean] whether it patched the client
    def self.install(handlers = [ARGV.first, ENV.fetch("_HANDLER", nil)])
      return false unless defined?(::AwsLambda::Marshaller) && handlers.any? { |name| name&.end_with?(".Lamby.cmd") }

      ::AwsLambda::Marshaller.singleton_class.prepend(Bytes)
      true
    end
  end
end
