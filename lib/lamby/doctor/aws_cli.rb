# frozen_string_literal: true

module Lamby
  module Doctor
    # Looks for the AWS CLI.
    class AwsCli < Check
      def title = "AWS CLI"

      private

      def results
        result = program("aws", "--version")
        install = Deployment::AwsCli::INSTALL
        return error("the AWS CLI is missing", "install it: #{install}") unless result
        return error(too_slow("aws --version"), "install it again: #{install}") unless result.in_time

        # Version 1 prints to standard output, too, since 1.16.
        version = "#{result.output}#{result.errors}"[%r{aws-cli/(\d+[\d.]*)}, 1]
        return error("\"aws --version\" does not print a version", "install it again: #{install}") unless version
        return ok(version) unless version.start_with?("1.")

        warning("#{version}; version 1 has no \"aws sso login\" and no \"aws logs tail\"", "install version 2: #{install}")
      end
    end
  end
end
