# frozen_string_literal: true

module Lamby
  module Doctor
    # Looks at the state of the stack.
    class StackState < Check
      def title = "stack"

      private

      def results
        return skipped("there is no bin/deploy, which names the stack") unless surroundings.stack
        return skipped("without credentials or a region") unless surroundings.signed_in?

        judge(surroundings.stack_name, surroundings.stack.status)
      rescue Deployment::Failure => e
        raise unless e.reason == :missing

        ok("#{surroundings.stack_name} is not deployed yet")
      end

      def judge(name, status)
        case status
        when "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"
          error("the first deployment of #{name} failed (#{status})", "run \"lamby delete --stack #{name}\", and then bin/deploy")
        when "UPDATE_ROLLBACK_FAILED"
          error("CloudFormation could not undo a deployment of #{name} (#{status})",
                "run \"aws cloudformation continue-update-rollback --stack-name #{name}\"")
        when "DELETE_FAILED" then error("CloudFormation could not delete #{name} (#{status})", "run \"lamby delete --stack #{name}\" again")
        when /_IN_PROGRESS\z/ then warning("CloudFormation changes #{name} at the moment (#{status})", "wait until it is done")
        else ok("#{name}: #{status}, #{surroundings.url || "without a URL"}")
        end
      end
    end
  end
end
