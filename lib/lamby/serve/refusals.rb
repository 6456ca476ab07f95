# frozen_string_literal: true

require "json"

module Lamby
  module Serve
    # The responses that clients get if an invocation ended without a response that the integration can send.
    #
    # Sources for each integration:
    #
    # - Function URL: "5XX series codes indicate server-side errors, such as function errors and timeouts." AWS does not
    #   document which ones: https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
    #   Throttling is a TooManyRequestsException with status 429, and a request that is too large has status 413:
    #   https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    # - HTTP API: https://repost.aws/knowledge-center/api-gateway-5xx-error
    # - REST API: INTEGRATION_TIMEOUT is 504, REQUEST_TOO_LARGE is 413, MISSING_AUTHENTICATION_TOKEN is 403:
    #   https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    # - Timeouts of API Gateway: {INTEGRATION_TIMEOUTS}
    # - ALB: 502 for each failure of the function, also if it is throttled:
    #   https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
    # - VPC Lattice: AWS documents no status. Lamby uses those of a Function URL.
    class Refusals
      # The status for each kind of outcome.
      STATUSES = {
        function_url: {
          error: 502, malformed: 502, response_too_large: 502, timeout: 504, crashed: 502, not_started: 502, throttled: 429,
          request_too_large: 413, invalid_request: 400, not_found: 404
        },
        http_api: {
          error: 500, malformed: 500, response_too_large: 500, timeout: 500, crashed: 500, not_started: 500, throttled: 503,
          request_too_large: 413, invalid_request: 400, not_found: 404
        },
        rest_api: {
          error: 502, malformed: 502, response_too_large: 502, timeout: 502, crashed: 502, not_started: 502, throttled: 500,
          request_too_large: 413, invalid_request: 400, not_found: 403
        },
        alb: {
          error: 502, malformed: 502, response_too_large: 502, timeout: 502, crashed: 502, not_started: 502, throttled: 502,
          request_too_large: 413, invalid_request: 400, not_found: 404
        }
      }.freeze
      # How long API Gateway waits for a function, in seconds, and the status that clients get then. For API Gateway, a
      # function with a shorter timeout has failed like one that raised an exception. AWS does not document this, but
      # others have measured it: https://rasp.hateblo.jp/entry/2021/05/13/222835 (REST API),
      # https://github.com/denoland/deno_registry2/issues/87 (HTTP API).
      # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html: 30 s
      # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html: 29 s
      INTEGRATION_TIMEOUTS = { http_api: [30, 503], rest_api: [29, 504] }.freeze
      # The table for each integration. The others have the statuses of a Function URL.
      TABLES = {
        http_api_v2: :http_api, http_api_v1: :http_api, rest_api: :rest_api, alb: :alb, alb_multi_value: :alb
      }.freeze
      # The text for each status. API Gateway's texts for REST APIs differ.
      TEXTS = {
        400 => "Bad Request", 403 => "Forbidden", 404 => "Not Found", 413 => "Request Too Large", 429 => "Too Many Requests",
        500 => "Internal Server Error", 502 => "Bad Gateway", 503 => "Service Unavailable", 504 => "Gateway Timeout"
      }.freeze
      REST_TEXTS = {
        403 => "Missing Authentication Token", 413 => "Request Too Long", 500 => "Internal server error",
        502 => "Internal server error", 504 => "Endpoint request timed out"
      }.freeze
      private_constant :STATUSES, :TABLES, :TEXTS, :REST_TEXTS

      # @param integration [Symbol]
      # @param timeout [Integer] the function's timeout, in seconds
      def initialize(integration, timeout)
        @timeout = timeout
        @table = TABLES.fetch(integration, :function_url)
      end

      # @param kind [Symbol] one of {Outcome::KINDS}
      # @return [Integer] the status that clients get
      def status(kind)
        limit, status = INTEGRATION_TIMEOUTS[@table] if kind == :timeout
        return status if limit && @timeout >= limit

        STATUSES.fetch(@table).fetch(kind)
      end

      # @param kind [Symbol] one of {Outcome::KINDS}
      # @return [Array(Integer, String, String)] the status, the content type and the body that clients get
      def response(kind)
        status = status(kind)
        text = (REST_TEXTS[status] if @table == :rest_api) || TEXTS.fetch(status)
        case @table
        when :alb then [status, "text/html", page(status, text)]
        # A Function URL has this text for an error of the function.
        when :function_url then [status, "application/json", status == 502 ? TEXTS[500] : json(text)]
        else [status, "application/json", json(text)]
        end
      end

      private

      def json(text)
        JSON.generate("message" => text)
      end

      def page(status, text)
        title = "#{status} #{text}"
        "<html>\r\n<head><title>#{title}</title></head>\r\n<body>\r\n<center><h1>#{title}</h1></center>\r\n</body>\r\n</html>\r\n"
      end
    end
  end
end
