# frozen_string_literal: true

require "json"
require "open3"

module Lamby
  module Deployment
    # Runs the AWS CLI. It uses the region and the credentials of the AWS CLI (AWS_PROFILE, AWS_REGION, ...).
    class AwsCli
      # The page about installing the AWS CLI.
      INSTALL = "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"

      # Calls an operation.
      #
      # @param service [String] such as "lambda"
      # @param operation [String] such as "get-function"
      # @param arguments [Array<String>]
      # @return [Hash] the result; empty if the operation has no result
      # @raise [Failure] if the AWS CLI is missing, or if it fails
      def call(service, operation, *arguments)
        output, errors, status = Open3.capture3(environment, "aws", service, operation, *arguments, "--output", "json")
        raise AwsError.read(service, operation, errors) unless status.success?

        output.strip.empty? ? {} : JSON.parse(output)
      rescue Errno::ENOENT
        raise Failure.new(:tool, "the AWS CLI is missing: install it, #{INSTALL}")
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

      # Version 1 of the AWS CLI reads AWS_DEFAULT_REGION. Version 2 prefers AWS_REGION. A pager would wait for a key.
      def environment
        region = ENV.fetch("AWS_REGION", "")
        variables = { "AWS_PAGER" => "", "AWS_RETRY_MODE" => ENV.fetch("AWS_RETRY_MODE", "standard") }
        variables["AWS_DEFAULT_REGION"] = region unless region.empty?
        variables
      end

      def configured_region
        name = Open3.capture2("aws", "configure", "get", "region", err: File::NULL).first.strip
        name unless name.empty?
      rescue Errno::ENOENT
        nil
      end
    end
  end
end
