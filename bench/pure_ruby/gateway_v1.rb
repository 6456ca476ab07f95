# frozen_string_literal: true

module PureRuby
  # Requests of REST APIs, and of HTTP APIs with payload format version 1.0.
  class GatewayV1 < Request
    private

    def request_method
      @event["httpMethod"] || @context["httpMethod"]
    end

    def protocol
      @context["protocol"]
    end

    def remote_addr
      @context.dig("identity", "sourceIp")
    end

    def domain_name
      @context["domainName"]
    end

    def received_at
      @context["requestTimeEpoch"] || @context["timeEpoch"]
    end

    def target
      template = @event["resource"]
      template = nil unless template&.start_with?("/")
      route = {
        template: template,
        greedy: template && @event["pathParameters"]&.fetch(template[/\{([^{}]+)\+\}\z/, 1], nil),
        stage: integration == :http_api_v1 ? @context["stage"] : nil
      }
      query = Query.encode(@event["multiValueQueryStringParameters"], @event["queryStringParameters"])
      [@event["path"] || @context["path"] || "", query, route]
    end
  end
end
