# frozen_string_literal: true

require "securerandom"

module Lamby
  module CLI
    # `lamby console`: evaluates Ruby code in the deployed function.
    class ConsoleCommand < StackCommand
      # Lines that end the console.
      ENDS = %w[exit quit].freeze
      private_constant :ENDS

      private

      def about
        ["console", <<~TEXT]
          Evaluates Ruby code in the deployed function. Each expression is an invocation. Local variables stay
          as long as Lambda uses the same environment for the function; if it does not, the console says so.
          The function must have config.console = true. Everything that you type is in the function's log.

          Without a terminal, reads the code from standard input.
        TEXT
      end

      def examples = "lamby console --environment staging\necho \"User.count\" | lamby console --json\n"

      def statuses
        "#{Deployment::Failure::HELP}If standard input is not a terminal, 1 also if the code raised an exception.\n"
      end

      def run
        @console = Deployment::RemoteConsole.new(stack)
        @session = SecureRandom.hex(16)
        @line = 1
        greet
        @status = 0
        loop_over(ConsoleInput.new("#{stack.name}> "))
        $stdin.tty? ? 0 : @status
      end

      # Also makes the session, and fails if the console is off.
      def greet
        reply = waiting("Connecting to #{stack.name}") { evaluate("nil") }
        return unless $stdin.tty?

        $stderr.puts "#{terminal.color(stack.name, :bold)}, version #{reply["version"]}: #{reply["ruby"]}",
                     "What you change here is changed in #{stack.name}. Ctrl-D ends the console."
      end

      def loop_over(input)
        while (code = read(input))
          next if code.strip.empty?
          break if ENDS.include?(code.strip)

          answer(code)
        end
      end

      # Ctrl-C discards what was typed, as in irb.
      def read(input)
        input.read
      rescue Interrupt
        raise unless $stdin.tty?

        $stderr.puts
        ""
      end

      # A failure, such as a timeout, does not end the console on a terminal.
      def answer(code)
        reply = waiting("Waiting for #{stack.name}") { evaluate(code) }
        warn_of_other_environment if reply["new"]
        @line += code.lines.size
        @status = 1 if reply.key?("error")
        show(reply)
      rescue Deployment::Failure => e
        raise unless $stdin.tty?

        $stderr.puts "lamby: #{e.message}"
      rescue Interrupt
        raise unless $stdin.tty?

        $stderr.puts "lamby: the code goes on in the function, until it ends or the function times out"
      end

      def evaluate(code) = @console.evaluate(code, session: @session, line: @line)

      def warn_of_other_environment
        $stderr.puts "lamby: another environment of the function has answered, so the local variables of earlier lines are gone"
      end

      def show(reply)
        return out.puts(JSON.generate(reply.slice("result", "error", "output", "new"))) if @json

        out.print(reply["output"])
        out.puts if reply["output"].match?(/[^\n]\z/)
        reply.key?("error") ? show_error(reply["error"]) : out.puts("=> #{reply["result"]}")
        out.flush
      end

      def show_error(error)
        name, message, backtrace = error.values_at("class", "message", "backtrace")
        out.puts terminal.color("#{name}: #{message}", :red)
        backtrace.each { |frame| out.puts terminal.color("  #{frame}", :gray) }
      end
    end
  end
end
