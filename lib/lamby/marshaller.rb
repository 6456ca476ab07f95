# frozen_string_literal: true

module Lamby
  # With AWS's Ruby client: event and answer cross as bytes, with no Ruby JSON
  # between them, whenever the function's handler is `Lamby.cmd`.
  #
  # `AwsLambda::Marshaller` is what the client lets "users who know what they are
  # doing" overwrite: <https://github.com/aws/aws-lambda-ruby-runtime-interface-client>.
  # It loads that class before it requires the handler's file, and so before Lamby.
  module Marshaller
    # What stands before `AwsLambda::Marshaller`'s own methods.
    module Bytes
      # @param raw_request [Net::HTTPResponse] the answer of the Runtime API's `/next`
      # @return [String] the event's bytes
      def marshall_request(raw_request)
        raw_request.body
      end

      # @param answer [String, Object] what the handler returned
      # @return [Array(String, String)] what to post, and its content type
      def marshall_response(answer)
        # From bytes Lamby.cmd answers with bytes, which are JSON already.
        answer.is_a?(String) ? [answer, "application/json"] : super
      end
    end

    # Puts {Bytes} before the client's methods, where the client is loaded and the
    # handler is `Lamby.cmd`; else does nothing.
    #
    # @param handlers [Array<String, nil>] where the client takes the handler's name
    #   from: its first argument, as of `CMD`, or the environment
    # @return [Boolean] whether events cross as bytes
    def self.install(handlers = [ARGV.first, ENV.fetch("_HANDLER", nil)])
      return false unless defined?(::AwsLambda::Marshaller) && handlers.any? { |name| name&.end_with?(".Lamby.cmd") }

      ::AwsLambda::Marshaller.singleton_class.prepend(Bytes)
      true
    end
  end
end
