# frozen_string_literal: true

module Lamby
  module Serve
    class Inspector
      # Compares the sizes of a record with AWS's limits.
      #
      # @api private
      module Limits
        # "6 MB each for request and response (synchronous)", "200 MB for each streamed response (synchronous)".
        # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        EVENT = PAYLOAD = 6 * 1024 * 1024
        STREAM = 200 * 1024 * 1024
        # "The maximum size of the request body that you can send to a Lambda function is 1 MB", and the same for the
        # response. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
        LOAD_BALANCER = 1024 * 1024
        LOAD_BALANCERS = %i[alb alb_multi_value].freeze
        private_constant(*constants)

        # @param record [Record]
        # @return [Array<Hash>] `name`, `bytes` and `limit` of each size
        def self.of(record)
          balanced = LOAD_BALANCERS.include?(record.integration)
          streamed = record.chunks.count.positive?
          response = streamed ? STREAM : PAYLOAD
          [
            { name: "Event", bytes: record.event_size, limit: EVENT },
            ({ name: "Request body", bytes: record.request_body.size, limit: LOAD_BALANCER } if balanced && record.request_body),
            ({ name: streamed ? "Stream" : "Payload", bytes: record.payload_size, limit: balanced ? LOAD_BALANCER : response } if record.payload_size)
          ].compact
        end
      end
    end
  end
end
