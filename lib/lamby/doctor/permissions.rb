# frozen_string_literal: true

require "time"

module Lamby
  module Doctor
    # Calls operations that change nothing, to find out whether AWS allows them. AWS checks the permission first, so a
    # resource that does not exist is not an error.
    class Permissions < Check
      METRIC = '[{"Id":"a","MetricStat":{"Metric":{"Namespace":"AWS/Lambda","MetricName":"Errors"},"Period":60,"Stat":"Sum"}}]'
      # For each part of the stack, the IAM action, the commands that need it, and an operation with its arguments.
      CALLS = [
        ["cloudformation:DescribeStacks", "bin/deploy", %w[cloudformation describe-stacks --stack-name STACK]],
        ["ecr:DescribeRepositories", "bin/deploy", %w[ecr describe-repositories --repository-names STACK]],
        ["lambda:GetFunction", "bin/deploy", %w[lambda get-function --function-name STACK-Function]],
        ["secretsmanager:DescribeSecret", "bin/deploy", %w[secretsmanager describe-secret --secret-id STACK-SecretKeyBase]],
        ["logs:FilterLogEvents", "lamby logs", %w[logs filter-log-events --log-group-name /aws/lambda/STACK --limit 1]],
        ["cloudwatch:GetMetricData", "lamby status",
         %w[cloudwatch get-metric-data --start-time BEFORE --end-time NOW --metric-data-queries].push(METRIC)]
      ].freeze
      private_constant :METRIC, :CALLS

      def title = "permissions"

      private

      def results
        return skipped("without credentials or a region") unless surroundings.signed_in?
        return skipped("there is no bin/deploy, which names the stack") unless surroundings.stack_name

        found = CALLS.map { |action, command, call| Thread.new { try(action, command, call) } }.filter_map(&:value)
        found.any? ? found : ok("AWS allows #{CALLS.map(&:first).join(", ")}")
      end

      # Returns nil if AWS allows the action.
      def try(action, command, call)
        now = Time.now.utc
        words = { "STACK" => surroundings.stack_name, "NOW" => now.iso8601, "BEFORE" => (now - 60).iso8601 }
        surroundings.aws.call(*call.map { |word| word.gsub(/STACK|NOW|BEFORE/, words) })
        nil
      rescue Deployment::Failure => e
        return denied(action, command) if e.reason == :denied

        warning(e.message, nil) unless e.reason == :missing || e.message.include?("An error occurred (")
      end

      def denied(action, command)
        message = "AWS does not allow #{action}, which \"#{command}\" needs"
        remedy = "ask for this permission"
        return warning(message, remedy) unless command == "bin/deploy"

        error(message, "#{remedy}; docs/deploy-policy.json of the gem lamby lists all that bin/deploy needs")
      end
    end
  end
end
