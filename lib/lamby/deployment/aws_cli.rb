# frozen_string_literal: true

require "json"

module Lamby
  module Deployment
    # Runs the AWS CLI. It uses the region and the credentials of the AWS CLI (AWS_PROFILE, AWS_REGION, ...).
    class AwsCli
      # The page about installing the AWS CLI.
      INSTALL = "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"

      # @param limit [Numeric, nil] seconds after which a call fails; nil for no limit
      def initialize(limit: nil)
        @limit = limit
      end

      # Calls an operation.
      #
      # @param service [String] such as "lambda"
      # @param operation [String] such as "get-function"
      # @param arguments [Array<String>]
      # @param once [Boolean] whether the AWS CLI must not retry the call, because it may have had an effect
      # @return [Hash] the result; empty if the operation has no result
      # @raise [Failure] if the AWS CLI is missing, or if it fails
      def call(service, operation, *arguments, once: false)
        output, errors, success = run(service, operation, *arguments, "--output", "json", env: once ? { "AWS_MAX_ATTEMPTS" => "1" } : {})
        raise AwsError.read(service, operation, errors) unless success

        output.strip.empty? ? {} : JSON.parse(output)
      end

      # Calls an operation on something that may be missing.
      #
      # @return [Hash, nil] nil if it does not exist
      def find(...)
        call(...)
      rescue Failure => e
        raise unless e.reason == :missing
      end

      # @return [String, nil] the region
      def region
        @region ||= [ENV.fetch("AWS_REGION", ""), ENV.fetch("AWS_DEFAULT_REGION", "")].find { |name| !name.empty? } || configured_region
      end

      private

      def run(*arguments, env: {})
        result = Program.run("aws", *arguments, limit: @limit, env: environment.merge(env)) or raise missing
        return [result.output, result.errors, result.success?] if result.in_time

        raise Failure.new(:failed, "\"aws #{arguments.first(2).join(" ")}\" did not end within #{@limit} s: " \
                                   "check the connection to the internet, the region and AWS_ENDPOINT_URL")
      end

      def missing
        Failure.new(:tool, "the AWS CLI is missing: install it, #{INSTALL}")
      end

      # Version 1 of the AWS CLI reads AWS_DEFAULT_REGION. Version 2 prefers AWS_REGION. A pager would wait for a key.
      def environment
        region = ENV.fetch("AWS_REGION", "")
        variables = { "AWS_PAGER" => "", "AWS_RETRY_MODE" => ENV.fetch("AWS_RETRY_MODE", "standard") }
        variables["AWS_DEFAULT_REGION"] = region unless region.empty?
        variables
      end

      def configured_region
        name = run("configure", "get", "region").first.strip
        name unless name.empty?
      rescue Failure
        nil
      end
    end
  end
end
