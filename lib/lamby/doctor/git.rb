# frozen_string_literal: true

module Lamby
  module Doctor
    # Looks for git, and for secrets that git has stored.
    class Git < Check
      SECRETS = %w[config/master.key config/credentials/*.key .env .env.*].freeze
      private_constant :SECRETS

      def title = "git"

      private

      def results
        version = program("git", "--version")
        return warning("git is missing", "install git; bin/deploy does not need it, but CI deploys from a git repository") unless version

        files = secrets
        return ok(version.output.strip) if files.empty?

        error("git stores #{files.join(" and ")}, so everybody who can read the repository can read the secrets",
              "run \"git rm --cached #{files.join(" ")}\", add the files to .gitignore, and replace the secrets")
      end

      def secrets
        tracked = program("git", "ls-files", "--", *SECRETS)
        tracked.success? ? tracked.output.lines(chomp: true).grep_v(/\.(?:example|sample|template)\z/) : []
      end
    end
  end
end
