# frozen_string_literal: true

module Lamby
  # The application as bin/deploy has deployed it: its stack, function, releases and log. The commands of `lamby` read and
  # change it with the AWS CLI, which bin/deploy needs, too, and which knows every way to sign in.
  #
  # @api private
  module Deployment
    autoload :AwsCli, "lamby/deployment/aws_cli"
    autoload :AwsError, "lamby/deployment/aws_error"
    autoload :Deletion, "lamby/deployment/deletion"
    autoload :Failure, "lamby/deployment/failure"
    autoload :Log, "lamby/deployment/log"
    autoload :Metrics, "lamby/deployment/metrics"
    autoload :Program, "lamby/deployment/program"
    autoload :Project, "lamby/deployment/project"
    autoload :Releases, "lamby/deployment/releases"
    autoload :RemoteConsole, "lamby/deployment/remote_console"
    autoload :RemoteFunction, "lamby/deployment/remote_function"
    autoload :Stack, "lamby/deployment/stack"
  end
end
