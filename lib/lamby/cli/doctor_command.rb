# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby doctor`: checks what a deployment needs.
    class DoctorCommand < StackCommand
      COLORS = { ok: :green, warning: :yellow, error: :red, skipped: :gray }.freeze
      # The width of the two first columns.
      INDENT = 23
      private_constant :COLORS, :INDENT

      private

      def about
        ["doctor", <<~TEXT]
          Checks the tools, the credentials and permissions, the application and its image, and says how to
          correct what is wrong. It changes nothing. A child process loads the application as the function
          does, in the environment that is deployed.
        TEXT
      end

      def examples = <<~TEXT
        lamby doctor
        lamby doctor --environment staging
        lamby doctor --json | jq '.checks[] | select(.status == "error")'
      TEXT

      def statuses = "Exit status: 0 if no check found an error, 1 if one did, and 2 if the command line is wrong.\n"

      def add_options(options)
        options.on("--timeout SECONDS", Float, "Longest time that a program or a call of AWS may take (30)") do |seconds|
          @limit = limit(seconds)
        end
      end

      def limit(seconds)
        raise UsageError, "--timeout is #{seconds}, and has to be more than 0" unless seconds.positive?

        seconds == seconds.to_i ? seconds.to_i : seconds
      end

      def run
        surroundings = Doctor::Surroundings.new(environment: @environment, stack_name: @stack_name, limit: @limit || 30)
        surroundings.stack_name # Raises an error for an unknown environment.
        results = Doctor.run(surroundings) { |check| check(check) }
        errors, warnings = %i[error warning].map { |status| results.count { |result| result.status == status } }
        if @json
          print_json(checks: results.map(&:to_h), errors: errors, warnings: warnings)
        else
          out.puts "", summary(errors, warnings)
        end
        errors.zero? ? 0 : 1
      end

      def check(check)
        waiting("Checking: #{check.title}") { check.call }.each { |result| show(result) unless @json }
      end

      def show(result)
        first, *rest = result.message.lines(chomp: true)
        status = terminal.color(result.status.to_s.ljust(8), COLORS.fetch(result.status))
        out.puts "#{status} #{result.check.ljust(INDENT - 10)} #{first}"
        rest.each { |line| out.puts "#{" " * INDENT}#{line}" }
        out.puts "#{" " * INDENT}#{terminal.color("→", :bold)} #{result.remedy}" if result.remedy
        out.flush
      end

      def summary(errors, warnings)
        return terminal.color("All is well.", :green) if errors.zero? && warnings.zero?

        text = [[errors, "error"], [warnings, "warning"]].map { |count, name| "#{count} #{name}#{"s" unless count == 1}" }.join(", ")
        terminal.color(text, errors.zero? ? :yellow : :red)
      end
    end
  end
end
