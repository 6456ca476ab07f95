# frozen_string_literal: true

require "json"

module Lamby
  # Counts cold starts, in CloudWatch's embedded metric format: a line of the log becomes a
  # metric, `ColdStart` or `ProactiveInit` in the namespace `Lamby`, by the application's name.
  #
  # @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
  module ColdStartMetrics
    NAMESPACE = "Lamby"
    # Lambda initializes ahead of time, too: an invocation that comes so many seconds later
    # was not what it was started for.
    PROACTIVE_AFTER = 10
    private_constant :PROACTIVE_AFTER

    @lock = Mutex.new

    class << self
      # Writes the metric, with the first invocation of this process.
      #
      # @return [void]
      def instrument!(out = $stdout)
        return if @done

        @lock.synchronize do
          return if @done

          @done = true
        end
        out.write("#{JSON.generate(record)}\n")
      end

      # @return [void] and the next invocation is the first
      # @api private
      def clear!
        @done = false
      end

      private

      def record
        name = proactive? ? "ProactiveInit" : "ColdStart"
        {
          _aws: {
            Timestamp: Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond),
            CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [%w[AppName]], Metrics: [{ Name: name, Unit: "Count" }] }]
          },
          AppName: Lamby.config.metrics_app_name || rails_name || ENV["AWS_LAMBDA_FUNCTION_NAME"] || "unknown",
          name => 1
        }
      end

      def proactive?
        ENV["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency" ||
          Process.clock_gettime(Process::CLOCK_MONOTONIC) - LOADED_AT > PROACTIVE_AFTER
      end

      def rails_name
        ::Rails.application.class.name.split("::").first if defined?(::Rails.application) && ::Rails.application
      end
    end
  end
end
