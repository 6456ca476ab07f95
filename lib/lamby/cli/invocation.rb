# frozen_string_literal: true

module Lamby
  module CLI
    # An invocation that has returned a payload.
    class Invocation
      # @return [String] the payload's JSON
      attr_reader :payload
      # @return [Float] the time that the invocation took
      attr_reader :milliseconds
      # @return [Symbol, nil] the integration that sent the event; nil if the event is not an HTTP request
      attr_reader :integration
      # @return [Symbol, nil] the kind of an event that is not an HTTP request; nil if Lamby does not recognise it
      attr_reader :kind

      # @param event [String] JSON
      # @param payload [String] JSON
      # @param milliseconds [Float]
      def initialize(event, payload, milliseconds)
        @payload = payload
        @milliseconds = milliseconds
        @env, @integration = Native.request({}, event, nil, nil, nil, nil, nil, nil)
      rescue EventError => e
        @kind = e.kind
      end

      # @return [String] the request's method and path
      def request_line
        query = @env["QUERY_STRING"]
        "#{@env["REQUEST_METHOD"]} #{@env["SCRIPT_NAME"]}#{@env["PATH_INFO"]}#{"?#{query}" unless query.empty?}"
      end

      # Returns the response that a client gets. Must not be called if there is no {integration}.
      #
      # @return [Simulator::Response]
      # @raise [InvalidResponse] if the integration would refuse the payload
      def response
        @response ||= Simulator.answer(integration, payload)
      end

      # @return [Boolean] whether the response has status 400 or more, or a batch has records that failed
      # @raise [InvalidResponse] if the integration would refuse the payload
      def error?
        return response.status >= 400 if integration

        require "json"
        result = JSON.parse(payload)
        result.is_a?(Hash) && result["batchItemFailures"].is_a?(Array) && result["batchItemFailures"].any?
      rescue JSON::ParserError # A handler may return an IO with other content than JSON.
        false
      end
    end
  end
end
