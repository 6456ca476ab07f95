# frozen_string_literal: true

module PureRuby
  # Requests of Application Load Balancers, with and without multi-value headers.
  class LoadBalancer < Request
    private

    def request_method
      @event["httpMethod"]
    end

    def remote_addr
      forwarded_for
    end

    def received_at; end

    # Returns "http", because a health check is plain HTTP and has no X-Forwarded-Proto.
    def default_scheme
      "http"
    end

    def target
      [@event["path"] || "", Query.raw(@event["multiValueQueryStringParameters"], @event["queryStringParameters"]), {}]
    end
  end
end
