# frozen_string_literal: true

module PureRuby
  # Requests with payload format version 2.0: Function URLs and HTTP APIs.
  class GatewayV2 < Request
    def initialize(event, integration)
      super
      @http = @context["http"] || {}
    end

    private

    def request_method
      @http["method"]
    end

    def protocol
      @http["protocol"]
    end

    def remote_addr
      @http["sourceIp"]
    end

    def domain_name
      @context["domainName"]
    end

    def received_at
      @context["timeEpoch"]
    end

    # Replaces the Cookie header with `cookies`, because a Function URL sends the same cookies in both.
    def read_cookies
      cookies = @event["cookies"]
      @env["HTTP_COOKIE"] = cookies.join("; ") if cookies && !cookies.empty?
    end

    def target
      template = @event["routeKey"]&.split(" ", 2)&.at(1)
      route = {
        template: template,
        greedy: template && @event["pathParameters"]&.fetch(template[/\{([^{}]+)\+\}\z/, 1], nil),
        stage: integration == :http_api_v2 ? @context["stage"] : nil
      }
      [@event["rawPath"] || @http["path"] || "", @event["rawQueryString"] || "", route]
    end
  end
end
