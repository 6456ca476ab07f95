# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby rollback`: sends all requests to an earlier release.
    class RollbackCommand < StackCommand
      private

      def about
        ["rollback [VERSION]", <<~TEXT]
          Sends all requests to an earlier version of the function, by default to the one before the current
          version. It takes some seconds, and changes neither the database nor the stack. To return, name the
          version that ran before.
        TEXT
      end

      def examples = "lamby rollback\nlamby rollback 11 --environment staging\n"

      def check_arguments
        raise UsageError, "#{@arguments.size} versions are given: rollback takes one" if @arguments.size > 1

        version = @arguments.first
        return if version.nil? || version.match?(/\A\d+\z/)

        raise UsageError, "#{version.inspect} is not a version, which is a number: \"lamby releases\" lists the versions"
      end

      def run
        releases = Deployment::Releases.new(stack)
        from, to = waiting("Reading the releases of #{stack.name}") { [releases.current, releases.target(@arguments.first)] }
        waiting("Sending the requests of #{stack.name} to version #{to.version}") { releases.activate(to) }
        return print_json(stack: stack.name, version: to.version, previous_version: from.version) if @json

        out.puts "#{terminal.color(stack.name, :bold)} runs version #{to.version} now, published #{ago(to.published_at)}.",
                 "To return: lamby rollback #{from.version}#{options_of_stack}"
        0
      end

      def options_of_stack
        return " --stack #{@stack_name}" if @stack_name

        " --environment #{@environment}" unless @environment == Deployment::Project::ENVIRONMENT
      end
    end
  end
end
