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
        SYNCHRONOUS = 6 * 1024 * 1024
        STREAM = 200 * 1024 * 1024
        # "The maximum size of the request body that you can send to a Lambda function is 1 MB", and the same for the
        # response. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
        LOAD_BALANCER = 1024 * 1024
        LOAD_BALANCERS = %i[alb alb_multi_value].freeze
        private_constant :SYNCHRONOUS, :STREAM, :LOAD_BALANCER, :LOAD_BALANCERS

        # @param record [Record]
        # @return [Array<Hash>] `name`, `bytes` and `limit` of each size
        def self.of(record)
          balanced = LOAD_BALANCERS.include?(record.integration)
          payload = ["Payload", record.payload_size, balanced ? LOAD_BALANCER : SYNCHRONOUS]
          payload = ["Stream", record.payload_size, STREAM] if record.chunks.count.positive?
          [
            size("Event", record.event_size, SYNCHRONOUS),
            (size("Request body", record.request_body.size, LOAD_BALANCER) if balanced && record.request_body),
            (size(*payload) if record.payload_size)
          ].compact
        end

        private_class_method def self.size(name, bytes, limit) = { name: name, bytes: bytes, limit: limit }
      end
    end
  end
end
