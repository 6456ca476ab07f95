# frozen_string_literal: true

module Lamby
  # Hands events and payloads to AWS's Ruby client as JSON bytes, without parsing and generating JSON in Ruby, if the
  # function's handler is `Lamby.cmd`.
  #
  # The client allows "users who know what they are doing" to overwrite methods of `AwsLambda::Marshaller`:
  # <https://github.com/aws/aws-lambda-ruby-runtime-interface-client>. It loads that class before it requires the
  # handler's file, and so before Lamby.
  module AwsRuntimeClient
    # The methods that replace those of `AwsLambda::Marshaller`.
    module Bytes
      # @param raw_request [Net::HTTPResponse] the Runtime API's reply to `/next`
      # @return [String] the event's bytes
      def marshall_request(raw_request)
        raw_request.body
      end

      # @param payload [String, Object] what the handler returned
      # @return [Array(String, String)] what to post, and its content type
      def marshall_response(payload)
        # `Lamby.cmd` returns JSON bytes for JSON bytes.
        payload.is_a?(String) ? [payload, "application/json"] : super
      end
    end

    # Patches the client if it is loaded and the handler is `Lamby.cmd`; otherwise does nothing.
    #
    # @param handlers [Array<String, nil>] where the client finds the handler's name: its first argument, which is the
    #   image's `CMD`, or the environment
    # @return [Boolean] whether it patched the client
    def self.install(handlers = [ARGV.first, ENV.fetch("_HANDLER", nil)])
      return false unless defined?(::AwsLambda::Marshaller) && handlers.any? { |name| name&.end_with?(".Lamby.cmd") }

      ::AwsLambda::Marshaller.singleton_class.prepend(Bytes)
      true
    end
  end
end
