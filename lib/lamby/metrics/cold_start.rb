# frozen_string_literal: true

require "json"

module Lamby
  module Metrics
    # Counts cold starts in CloudWatch's embedded metric format: Lamby writes a line to the log, and CloudWatch converts
    # it to metrics. They are in the namespace `Lamby`, with the application's name as dimension.
    #
    # With {Config#cold_start_metrics}, Lamby writes `ColdStart` or `ProactiveInit`, once for each process. With
    # {Config#boot_metrics}, Lamby writes how long initialization took, in milliseconds: `InitDuration`, and its parts
    # `BootGems` (until the application's class was defined), `BootApplication` (until Rails was initialized) and
    # `BootRest` (until the runtime asked for the first invocation).
    #
    # @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    module ColdStart
      # The namespace of the metrics in CloudWatch.
      NAMESPACE = "Lamby"
      # If more than this many seconds pass between the start of a process and its first invocation, Lambda has
      # initialized the process ahead of time, and not for that invocation.
      PROACTIVE_AFTER = 10
      private_constant :PROACTIVE_AFTER

      @lock = Mutex.new

      class << self
        # Writes the metrics at the first invocation of this process; later calls do nothing.
        #
        # @param out [#write] the log
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

        # Makes {.instrument!} do nothing in this process, because another process writes the metrics.
        #
        # @return [void]
        # @api private
        def leave!
          @done = true
        end

        # Makes {.instrument!} treat the next invocation as the first one.
        #
        # @return [void]
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

        # With SnapStart there are no durations, because the initialization ran before the snapshot, and only once for
        # many processes.
        def durations
          return {} if !Lamby.config.boot_metrics || initialization == "snap-start"

          phases = BootPhases.phases
          durations = phases.transform_keys { |phase| "Boot#{phase.capitalize}" }
          # Without Rails and without the native runtime, Lamby does not know when initialization ended.
          phases.size > 1 ? { "InitDuration" => phases.values.sum.round(1) }.merge(durations) : durations
        end

        def proactive?
          return false if initialization == "snap-start" # BootPhases.age would include the snapshot's age.

          initialization == "provisioned-concurrency" || BootPhases.age > PROACTIVE_AFTER
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

  # The name of {Metrics::ColdStart} in lamby 6.
  ColdStartMetrics = Metrics::ColdStart
end
