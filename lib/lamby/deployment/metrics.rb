# frozen_string_literal: true

require "json"

module Lamby
  module Deployment
    # What CloudWatch has counted about a function.
    module Metrics
      HOUR = 3600
      # CloudWatch rounds the start down to a whole period, so a period of an hour would count up to two hours.
      PERIOD = 60
      NAMES = %w[Invocations Errors Throttles].freeze
      private_constant :HOUR, :PERIOD, :NAMES

      # @param stack [Stack]
      # @param now [Time]
      # @return [Hash{String => Integer}] invocations, errors and throttles of the last hour
      # @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
      def self.last_hour(stack, now: Time.now.utc)
        queries = NAMES.map do |name|
          metric = { Namespace: "AWS/Lambda", MetricName: name, Dimensions: [{ Name: "FunctionName", Value: stack.function_name }] }
          { Id: name.downcase, MetricStat: { Metric: metric, Period: PERIOD, Stat: "Sum" } }
        end
        results = stack.aws.call("cloudwatch", "get-metric-data", "--start-time", (now - HOUR).iso8601, "--end-time", (now + 1).iso8601,
                                 "--metric-data-queries", JSON.generate(queries)).fetch("MetricDataResults")
        results.to_h { |result| [result["Id"], result["Values"].sum.to_i] }
      end
    end
  end
end
