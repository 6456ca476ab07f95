# frozen_string_literal: true

module Lamby
  module Deployment
    # Raised if a command cannot do what it was asked for. The message says why, and what to do.
    class Failure < Lamby::Error
      # The exit status for each reason. They are those of bin/deploy, and one for a stack that does not exist.
      STATUSES = { failed: 1, tool: 3, credentials: 4, denied: 5, throttled: 6, missing: 7 }.freeze
      # Describes the statuses in the help of the commands.
      HELP = <<~TEXT
        Exit status: 0 for success, 2 if the command line is wrong, 3 if the AWS CLI is missing or too old, 4
        without credentials or a region, 5 if AWS denies access, 6 if AWS throttles the requests, 7 if the
        application is not deployed, 130 if Ctrl-C ended the command, and 1 for any other failure.
      TEXT

      # @return [Symbol] a key of {STATUSES}
      attr_reader :reason

      # @param reason [Symbol] a key of {STATUSES}
      # @param message [String]
      def initialize(reason, message)
        super(message)
        @reason = reason
      end

      # @return [Integer] the command's exit status
      def status = STATUSES.fetch(reason)
    end
  end
end
