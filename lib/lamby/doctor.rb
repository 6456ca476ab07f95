# frozen_string_literal: true

module Lamby
  # Checks what a deployment needs: tools, credentials and permissions, the application itself, and its image. The command
  # `lamby doctor` prints the results.
  #
  # @api private
  module Doctor
    autoload :Account, "lamby/doctor/account"
    autoload :Application, "lamby/doctor/application"
    autoload :AwsCli, "lamby/doctor/aws_cli"
    autoload :Boot, "lamby/doctor/boot"
    autoload :Check, "lamby/doctor/check"
    autoload :Database, "lamby/doctor/database"
    autoload :Docker, "lamby/doctor/docker"
    autoload :Files, "lamby/doctor/files"
    autoload :Git, "lamby/doctor/git"
    autoload :Hosts, "lamby/doctor/hosts"
    autoload :Image, "lamby/doctor/image"
    autoload :Integration, "lamby/doctor/integration"
    autoload :Permissions, "lamby/doctor/permissions"
    autoload :Probe, "lamby/doctor/probe"
    autoload :RubyVersion, "lamby/doctor/ruby_version"
    autoload :SamCli, "lamby/doctor/sam_cli"
    autoload :Secrets, "lamby/doctor/secrets"
    autoload :StackState, "lamby/doctor/stack_state"
    autoload :Surroundings, "lamby/doctor/surroundings"

    # The names of the checks, in the order in which they run. A check may use what an earlier one has found out.
    CHECKS = %i[
      RubyVersion Git AwsCli SamCli Docker Files Account StackState Permissions Boot Secrets Database Hosts Integration Image
    ].freeze

    # Runs all checks.
    #
    # @param surroundings [Surroundings]
    # @yieldparam check [Check] the check that runs next
    # @yieldreturn [Array<Check::Result>] what the block got from {Check#call}
    # @return [Array<Check::Result>]
    def self.run(surroundings)
      CHECKS.flat_map { |name| yield const_get(name).new(surroundings) }
    end
  end
end
