# frozen_string_literal: true

module Lamby
  module Doctor
    # Asks AWS whose credentials these are.
    class Account < Check
      def title = "AWS account"

      private

      def results
        region = surroundings.aws.region
        return error("there is no region", "set AWS_REGION, or run \"aws configure set region us-east-1\"") unless region

        identity = surroundings.aws.call("sts", "get-caller-identity")
        surroundings.signed_in = true
        ok("#{identity["Arn"]}, account #{identity["Account"]}, region #{region}")
      end
    end
  end
end
