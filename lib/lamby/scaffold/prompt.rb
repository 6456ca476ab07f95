# frozen_string_literal: true

module Lamby
  module Scaffold
    # Thor's shell class for this terminal. It uses colors if the terminal has them.
    TERMINAL = Thor::Base.shell
    private_constant :TERMINAL

    # Asks before the generator overwrites a file. It first shows the difference, and keeps the file unless the answer is
    # yes. Without a terminal, it keeps the file and does not ask.
    class Prompt < TERMINAL
      # Decides whether to overwrite a file. Thor calls this method if the file exists with other content.
      #
      # @param destination [String] the file's path
      # @yieldreturn [String] the new content
      # @return [Boolean] whether to overwrite it
      def file_collision(destination)
        return true if @always_force

        show_diff(destination, yield) if block_given?
        return keep(destination) unless $stdin.tty?

        case answer_to("Overwrite #{destination}? [y/N/a(ll)/q(uit)]")
        when "y", "yes" then true
        when "a", "all" then @always_force = true
        when "q", "quit" then raise SystemExit
        else keep(destination)
        end
      end

      private

      # Asks a question and returns the answer in lower case. Thor's own `ask` uses Reline if it is installed. Reline asks
      # the terminal for the cursor's position, and waits forever if the terminal does not reply.
      def answer_to(question)
        stdout.print question, " "
        stdout.flush
        $stdin.gets.to_s.strip.downcase
      end

      def keep(destination)
        say_status :keep, "#{destination} (--force overwrites it)", :yellow
        false
      end
    end
  end
end
