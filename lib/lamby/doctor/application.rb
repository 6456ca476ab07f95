# frozen_string_literal: true

require "json"
require "securerandom"

module Lamby
  module Doctor
    # The application, which a child process loads as the function does. So an application that hangs, exits or prints
    # does not disturb the doctor.
    class Application
      # The function's handler, if the Dockerfile names none.
      HANDLER = "config/environment.Lamby.cmd"
      # How many of the last lines of the child's output an error shows.
      LINES = 5
      private_constant :HANDLER, :LINES

      # @param surroundings [Surroundings]
      def initialize(surroundings)
        @surroundings = surroundings
      end

      # @return [String] the name of the function's handler
      def handler
        @surroundings.read(@surroundings.dockerfile)[/^CMD \["([^"]+)"\]/, 1] || HANDLER
      end

      # Returns what the child process has found out. See {Probe} for the keys. If the application did not start, the
      # Hash has only the keys "error" and "place".
      #
      # @return [Hash{String => Object}]
      def facts
        @facts ||= load
      end

      # @return [Boolean] whether the application has started
      def started? = !facts.key?("error")

      private

      def load
        Tempfile.create("lamby") do |file|
          result = Deployment::Program.run(*probe, handler, file.path, host, limit: @surroundings.limit, env: environment)
          facts = file.read
          facts.empty? ? { "error" => reason(result), "place" => nil } : explained(JSON.parse(facts), result)
        end
      end

      # A program that calls `exit` has printed why, as Rails does if config.require_master_key is on.
      def explained(facts, result)
        facts["error"] = [facts["error"], *last_lines(result)].join("\n") if facts["error"].to_s.start_with?("the application called exit")
        facts
      end

      def last_lines(result)
        "#{result.output}#{result.errors}".lines(chomp: true).last(LINES)
      end

      def probe
        [RbConfig.ruby, "-I", File.expand_path("../..", __dir__), "-r", "lamby/without_rails", "-e", "Lamby::Doctor::Probe.run(*ARGV)"]
      end

      def reason(result)
        return "it did not start within #{@surroundings.limit} s" unless result.in_time

        ["its process ended with #{result.status ? "status #{result.status}" : "a signal"}", *last_lines(result)].join("\n")
      end

      # The host of the deployed application's URL; empty if it is not deployed.
      def host
        @surroundings.url.to_s[%r{\Ahttps?://([^/:]+)}, 1].to_s
      end

      # Rails needs a SECRET_KEY_BASE in production, which the stack provides. Any value is good enough here.
      def environment
        name = @surroundings.environment
        variables = { "RAILS_ENV" => name, "RACK_ENV" => name, "LAMBY_INVOKE_MODE" => invoke_mode }
        variables["SECRET_KEY_BASE"] = SecureRandom.hex(64) if ENV.fetch("SECRET_KEY_BASE", "").empty?
        variables
      end

      def invoke_mode
        "#{@surroundings.read(@surroundings.dockerfile)}\n#{@surroundings.template}"[/LAMBY_INVOKE_MODE(?:=|: )"?(\w+)/, 1]
      end
    end
  end
end
