# frozen_string_literal: true

module Lamby
  module Doctor
    # Checks that Rails accepts the host of the URL.
    class Hosts < Check
      def title = "hosts"

      private

      def results
        return unless surroundings.rails?
        return skipped("the application does not start") unless surroundings.application.started?

        facts = surroundings.application.facts
        return ok("config.hosts is empty, so Rails accepts every host") if facts["hosts"].empty?
        return ok("config.hosts accepts #{facts["host"]}") if facts["accepts_host"] && !facts["host"].empty?

        list = facts["hosts"].join(", ")
        file = "config/environments/#{surroundings.environment}.rb"
        if facts["host"].empty?
          return warning("config.hosts accepts only #{list}",
                         "after the first deployment, add the host of the URL to config.hosts in #{file}")
        end

        error("config.hosts does not accept #{facts["host"]}, the host of the URL: it accepts #{list}",
              "add the host to config.hosts in #{file}")
      end
    end
  end
end
