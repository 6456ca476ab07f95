# frozen_string_literal: true

module Lamby
  module Doctor
    # Looks for the SAM CLI, with which bin/deploy builds and deploys.
    class SamCli < Check
      # The version that bin/deploy needs.
      MINIMUM = "1.152"
      INSTALL = "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html"
      private_constant :MINIMUM, :INSTALL

      def title = "SAM CLI"

      private

      def results
        return if !surroundings.read("bin/deploy").include?("sam ") && File.file?("bin/deploy")

        result = program("sam", "--version")
        return error("the SAM CLI is missing; bin/deploy needs it", "install it: #{INSTALL}") unless result
        return error(too_slow("sam --version"), "install it again: #{INSTALL}") unless result.in_time

        version = result.output[/version (\d+[\d.]*)/, 1]
        return error("\"sam --version\" does not print a version", "install it again: #{INSTALL}") unless version
        return ok(version) if Gem::Version.new(version) >= Gem::Version.new(MINIMUM)

        error("#{version}; bin/deploy needs #{MINIMUM} or newer, because older versions do not read parameters from a file",
              "update it: #{INSTALL}")
      end
    end
  end
end
