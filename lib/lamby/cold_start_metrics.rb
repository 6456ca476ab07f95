# frozen_string_literal: true

require "json"

module Lamby
  # Counts cold starts, in CloudWatch's embedded metric format: a line of the log becomes
  # metrics in the namespace `Lamby`, by the application's name.
  #
  # With {Config#cold_start_metrics} `ColdStart` or `ProactiveInit`, once. With {Config#boot_metrics}
  # what initialization took, in milliseconds: `InitDuration`, and of that `BootGems`, until the
  # application's class was defined, `BootApplication`, until Rails was initialized, and `BootRest`,
  # until the first invocation was asked for.
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
      # Writes the metrics, with the first invocation of this process.
      #
      # @return [void]
      def instrument!(out = $stdout)
        return if @done

        @lock.synchronize do
          return if @done

          @done = true
        end
        metrics = counts.merge(durations)
        out.write("#{JSON.generate(record(metrics))}\n") if metrics.any?
      end

      # Leaves it to another process.
      #
      # @return [void]
      # @api private
      def leave!
        @done = true
      end

      # @return [void] and the next invocation is the first
      # @api private
      def clear!
        @done = false
      end

      private

      def record(metrics)
        definitions = metrics.keys.map { |name| { Name: name, Unit: name.match?(/Boot|Duration/) ? "Milliseconds" : "Count" } }
        {
          _aws: {
            Timestamp: Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond),
            CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [%w[AppName]], Metrics: definitions }]
          },
          AppName: Lamby.config.metrics_app_name || rails_name || ENV["AWS_LAMBDA_FUNCTION_NAME"] || "unknown",
          **metrics
        }
      end

      def counts
        if Lamby.config.cold_start_metrics
          { (proactive? ? "ProactiveInit" : "ColdStart") => 1 }
        else
          {}
        end
      end

      # A snapshot was made long ago, and once for many processes.
      def durations
        return {} if !Lamby.config.boot_metrics || initialization == "snap-start"

        phases = Boot.phases
        durations = phases.transform_keys { |phase| "Boot#{phase.capitalize}" }
        # Without Rails and the native runtime the end is not known.
        phases.size > 1 ? { "InitDuration" => phases.values.sum.round(1) }.merge(durations) : durations
      end

      def proactive?
        return false if initialization == "snap-start" # It begins with the snapshot.

        initialization == "provisioned-concurrency" || Boot.age > PROACTIVE_AFTER
      end

      # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
      def initialization
        ENV.fetch("AWS_LAMBDA_INITIALIZATION_TYPE", nil)
      end

      def rails_name
        ::Rails.application.class.name.split("::").first if defined?(::Rails.application) && ::Rails.application
      end
    end
  end
end
