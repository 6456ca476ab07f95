# frozen_string_literal: true

module Lamby
  module Deployment
    # Explains what the AWS CLI writes if it fails.
    module AwsError
      SIGN_IN = "sign in with \"aws configure\" or, with version 2 of the AWS CLI, \"aws sso login\""
      # For each pattern, the reason and an explanation. The first pattern that matches applies. bin/deploy has the same
      # list.
      EXPLANATIONS = [
        [/SSO|Token has expired and refresh failed|ExpiredToken|security token included in the request is expired/,
         :credentials, "your session with AWS has expired: run \"aws sso login\", or renew the credentials"],
        [/Unable to locate credentials|NoCredentials|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch/,
         :credentials, "AWS does not know who you are: #{SIGN_IN}"],
        [/config profile .* could not be found/,
         :credentials, "the AWS CLI has no such profile: correct AWS_PROFILE; \"aws configure list-profiles\" lists the profiles"],
        [/specify a region|NoRegion/, :credentials, "there is no region: set AWS_REGION, or run \"aws configure set region us-east-1\""],
        [/AccessDenied|UnauthorizedOperation|not authorized/, :denied, nil],
        [/Throttl|TooManyRequests|Rate exceeded|RequestLimitExceeded/,
         :throttled, "AWS throttles this account at the moment: run the command again in a minute"],
        [/ResourceNotFound|does not exist|RepositoryNotFound|ImageNotFound|not found/i, :missing, nil],
        [/Could not connect to the endpoint|Connection was closed|ConnectTimeout|ReadTimeout|timed? ?out on endpoint/i,
         :failed, "AWS cannot be reached: check the connection to the internet, the region and AWS_ENDPOINT_URL"],
        [/Invalid choice|argument operation|Unknown options/, :tool, "this AWS CLI is too old: update it, #{AwsCli::INSTALL}"]
      ].freeze
      private_constant :SIGN_IN, :EXPLANATIONS

      # @param service [String] such as "lambda"
      # @param operation [String] such as "get-function"
      # @param text [String] standard error of the AWS CLI
      # @return [Failure]
      def self.read(service, operation, text)
        text = text.strip
        _pattern, reason, explanation = EXPLANATIONS.find { |pattern, *| pattern.match?(text) }
        explanation ||= "AWS does not allow #{action(text, service, operation)}: ask for this permission" if reason == :denied
        explanation ||= "\"aws #{service} #{operation}\" failed"
        Failure.new(reason || :failed, "#{explanation}\n#{text.gsub(/^/, "  ")}")
      end

      # Returns the IAM action that the message names, or else the command.
      def self.action(text, service, operation)
        text[/perform: (\w+:\w+(?: on resource: \S+)?)/, 1] || "\"aws #{service} #{operation}\""
      end
      private_class_method :action
    end
  end
end
