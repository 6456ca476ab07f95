# frozen_string_literal: true

module Lamby
  module Doctor
    # Says from where the function gets SECRET_KEY_BASE, and whether it can read Rails' credentials.
    class Secrets < Check
      # @param environment [String] such as "production"
      # @return [String] the remedy if Rails' credentials cannot be decrypted
      def self.wrong_key(environment)
        "correct RAILS_MASTER_KEY, or config/master.key (or config/credentials/#{environment}.key)"
      end

      def title = "secrets"

      private

      def results
        return unless surroundings.rails?
        return skipped("the application does not start") unless surroundings.application.started?

        state = surroundings.application.facts["credentials"]
        [credentials(state), secret_key_base(state)]
      end

      def credentials(state)
        case state
        when "no_key"
          warning("there is no key for Rails' credentials: neither RAILS_MASTER_KEY nor the key's file exists",
                  "set RAILS_MASTER_KEY when you run bin/deploy; the stack keeps the key, so one deployment is enough")
        when "wrong_key"
          error("the key of Rails' credentials does not fit: it cannot decrypt them",
                self.class.wrong_key(surroundings.environment))
        end
      end

      # The places are those of bin/deploy and of the template, in their order.
      def secret_key_base(state)
        return ok("SECRET_KEY_BASE comes from your variable SECRET_KEY_BASE") unless ENV.fetch("SECRET_KEY_BASE", "").empty?
        return ok("SECRET_KEY_BASE comes from Rails' credentials") if state == "secret_key_base"
        return if state == "wrong_key"

        generated = surroundings.template.include?("SecretKeyBase") && %w[none no_key].include?(state)
        return ok("SECRET_KEY_BASE comes from Secrets Manager") if generated

        error("the function gets no SECRET_KEY_BASE: Rails' credentials have no secret_key_base, and no variable sets one",
              "run bin/deploy with the variable SECRET_KEY_BASE (\"bin/rails secret\" makes one); the stack keeps it")
      end
    end
  end
end
