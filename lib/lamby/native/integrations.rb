# frozen_string_literal: true

module Lamby
  module Native
    # A request of each integration. liblamby makes the payload of a response for a request, and needs from the request only
    # its integration and whether its method is HEAD. Lamby passes only these two to the methods of this module, and frees
    # the real request early, because the request may contain a body of several megabytes.
    module Integrations
      # The smallest event of each integration.
      EVENTS = {
        function_url: { version: "2.0", rawPath: "/", requestContext: { domainName: "id.lambda-url.us-east-1.on.aws", http: { method: "GET" } } },
        http_api_v2: { version: "2.0", rawPath: "/", requestContext: { http: { method: "GET" } } },
        http_api_v1: { version: "1.0", path: "/", httpMethod: "GET" },
        rest_api: { path: "/", httpMethod: "GET" },
        alb: { path: "/", httpMethod: "GET", requestContext: { elb: { targetGroupArn: "" } } },
        alb_multi_value: { path: "/", httpMethod: "GET", requestContext: { elb: { targetGroupArn: "" } }, multiValueHeaders: {} },
        vpc_lattice_v1: { raw_path: "/", method: "GET" },
        vpc_lattice_v2: { version: "2.0", path: "/", method: "GET", requestContext: { serviceNetworkArn: "" } }
      }.freeze
      # The integrations that accept a streamed response.
      STREAMING = %i[function_url rest_api].freeze
      private_constant :EVENTS, :STREAMING

      # The requests live as long as the process.
      REQUESTS = EVENTS.to_h do |integration, event|
        json = JSON.generate(event)
        requests = [json, json.sub('"GET"', '"HEAD"')].map { |it| Request.new(it) }
        [integration, requests]
      end.freeze
      private_constant :REQUESTS

      class << self
        # @return [Array<Symbol>]
        def names = EVENTS.keys

        # @param integration [Symbol]
        # @return [Boolean] whether the integration accepts a streamed response
        def stream?(integration) = STREAMING.include?(integration)

        # @param integration [Symbol]
        # @param head_request [Boolean] whether the request's method was HEAD
        # @return [FFI::Pointer] the handle of a request
        # @raise [InvalidResponse] if there is no such integration
        def request(integration, head_request)
          requests = REQUESTS[integration] or raise InvalidResponse, "Lamby does not know the integration"
          requests[head_request ? 1 : 0].handle
        end
      end
    end
  end
end
