# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby run`: runs a command in the deployed function.
    class RunCommand < StackCommand
      # The exit status if the command was killed at the function's timeout, as of the program `timeout`.
      TIMEOUT = 124
      private_constant :TIMEOUT

      private

      def about
        ["run COMMAND", <<~TEXT]
          Runs a command of the shell in the deployed function, in the application's folder, and prints its
          output when it has ended. The function must have config.console = true. The command may take as long
          as the function's Timeout, and can write only to /tmp.
        TEXT
      end

      def examples = "lamby run \"rails db:migrate\"\nlamby run \"ls -l tmp\" --environment staging\n"

      def statuses
        <<~TEXT
          Exit status: the command's. 128 and the signal's number if a signal ended the command, and 124 if it
          was killed at the function's timeout. If lamby could not run the command: 2 if the command line is
          wrong, 3 if the AWS CLI is missing or too old, 4 without credentials or a region, 5 if AWS denies
          access, 6 if AWS throttles the requests, 7 if the application is not deployed, and 1 for any other
          failure.
        TEXT
      end

      def check_arguments
        return if @arguments.size == 1 && !@arguments.first.strip.empty?

        raise UsageError, "run takes one command: write it in quotes, as in lamby run \"rails db:migrate\""
      end

      def run
        console = Deployment::RemoteConsole.new(stack)
        reply = waiting("Running the command in #{stack.name}") { console.run(@arguments.first) }
        status = status(reply)
        if @json
          print_json(stack: stack.name, command: @arguments.first, status: status, in_time: reply["in_time"], omitted: reply["omitted"],
                     output: text(reply, "out"), errors: text(reply, "err"))
        else
          show(reply)
        end
        status
      rescue Interrupt
        $stderr.puts "lamby: the command goes on in the function, until it ends or the function times out"
        raise
      end

      def status(reply)
        return TIMEOUT unless reply["in_time"]

        reply["status"] || (128 + reply["signal"].to_i)
      end

      def text(reply, name)
        reply["output"].select { |part, _bytes| part == name }.map(&:last).join.force_encoding("UTF-8").scrub
      end

      def show(reply)
        $stderr.puts "lamby: the output is too long: its first #{reply["omitted"]} bytes are left out" if reply["omitted"].positive?
        reply["output"].each do |name, bytes|
          io = name == "err" ? $stderr : out
          io.write(bytes)
          io.flush
        end
        return if reply["in_time"]

        $stderr.puts "lamby: the command was killed at the function's timeout: increase Timeout in template.yaml"
      end
    end
  end
end
