# frozen_string_literal: true

module PureRuby
  # Requests of VPC Lattice, event structures 1 and 2.
  class Lattice < Request
    private

    def request_method
      @event["method"]
    end

    def protocol
      @context["protocol"]
    end

    def remote_addr
      forwarded_for
    end

    # VPC Lattice sends microseconds, but API Gateway sends milliseconds.
    def received_at
      microseconds = @context["timeEpoch"]
      microseconds.to_i / 1000 if microseconds
    end

    def default_scheme
      "http"
    end

    def base64?
      @event["isBase64Encoded"] || @event["is_base64_encoded"]
    end

    def target
      path, question, query = (@event["raw_path"] || @event["path"] || "").partition("?")
      query = Query.restore(@event["queryStringParameters"], @event["query_string_parameters"]) if question.empty?
      [path, query, {}]
    end
  end
end
