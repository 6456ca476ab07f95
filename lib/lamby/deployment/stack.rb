# frozen_string_literal: true

require "time"

module Lamby
  module Deployment
    # A stack that bin/deploy has made.
    class Stack
      # The alias to which the integration sends requests. It names the version that runs.
      ALIAS = "live"

      # @return [String]
      attr_reader :name
      # @return [AwsCli]
      attr_reader :aws

      # @param name [String]
      # @param aws [AwsCli]
      def initialize(name, aws: AwsCli.new)
        @name = name
        @aws = aws
      end

      # @return [String] the stack's ARN
      def id = description["StackId"]

      # @return [String] number of the AWS account
      def account = id.split(":")[4]

      # @return [String] CloudFormation's status, such as "UPDATE_COMPLETE"
      def status = description["StackStatus"]

      # @return [Time] when CloudFormation last changed the stack
      def changed_at = Time.parse(description["LastUpdatedTime"] || description["CreationTime"])

      # @return [String, nil] URL of the application
      def url = output("Url")

      # @return [String] name of the function
      # @raise [Failure] if the stack has no function
      def function_name
        output("FunctionName") or
          raise Failure.new(:missing, "the stack #{name} has no output FunctionName (#{status}): run bin/deploy, and read why it fails")
      end

      # Calls an operation of Lambda for the function.
      #
      # @return [Hash]
      # @raise [Failure]
      def lambda_call(operation, *arguments)
        aws.call("lambda", operation, "--function-name", function_name, *arguments)
      end

      # @return [Hash] the function's configuration and image that the alias names
      def function
        @function ||= lambda_call("get-function", "--qualifier", ALIAS)
      end

      # @return [String] the version that runs
      def version = function.dig("Configuration", "Version")

      # @return [String] the image that runs, with its digest
      def image = function.dig("Code", "ResolvedImageUri")

      # @return [String] name of the log group
      def log_group
        function.dig("Configuration", "LoggingConfig", "LogGroup") || "/aws/lambda/#{name}"
      end

      private

      def output(key)
        description.fetch("Outputs", []).find { |output| output["OutputKey"] == key }&.fetch("OutputValue")
      end

      def description
        @description ||= aws.find("cloudformation", "describe-stacks", "--stack-name", name)&.dig("Stacks", 0) or
          raise Failure.new(:missing, "there is no stack #{name} in #{aws.region}: run bin/deploy, " \
                                      "or set AWS_REGION or AWS_PROFILE if it is elsewhere")
      end
    end
  end
end
