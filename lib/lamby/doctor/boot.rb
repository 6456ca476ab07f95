# frozen_string_literal: true

module Lamby
  module Doctor
    # Loads the application as the function does.
    class Boot < Check
      # Seconds that Lambda gives a function to start.
      # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
      INITIALIZATION = 10
      NOT_FOUND = "Lamby::Function::NotFound: "
      private_constant :INITIALIZATION, :NOT_FOUND

      def title = "boot"

      private

      def results
        application = surroundings.application
        facts = application.facts
        return failed(facts, application.handler) unless application.started?

        framework = facts.key?("rails") ? "Rails #{facts["rails"]}" : "Rack"
        message = "#{application.handler} starts in #{facts["seconds"].round(1)} s (#{framework}, #{surroundings.environment})"
        return ok(message) if facts["seconds"] < INITIALIZATION

        warning("#{message}; Lambda gives a function #{INITIALIZATION} s to start, and then starts it again",
                "load less at the start: https://github.com/rails-lambda/lamby/blob/main/docs/cold-starts.md")
      end

      def failed(facts, handler)
        return not_found(facts) if facts["error"].start_with?(NOT_FOUND)

        place = " (#{facts["place"]})" if facts["place"]
        name = surroundings.environment
        message, output = facts["error"].split("\n", 2)
        error(["#{handler} does not start in the environment #{name}: #{message}#{place}", *output].join("\n"), remedy(message, name))
      end

      def not_found(facts)
        error(facts["error"].delete_prefix(NOT_FOUND), "run \"lamby doctor\" in the application's folder, or correct CMD in #{surroundings.dockerfile}")
      end

      # From version 7.1 on, Rails decrypts its credentials while it starts.
      def remedy(message, name)
        return Secrets.wrong_key(name) if message.include?("ActiveSupport::MessageEncryptor::InvalidMessage")

        "correct the cause; \"#{variable}=#{name} lamby invoke --full\" shows the whole backtrace"
      end

      def variable = surroundings.rails? ? "RAILS_ENV" : "RACK_ENV"
    end
  end
end
