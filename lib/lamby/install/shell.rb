# frozen_string_literal: true

module Lamby
  module Install
    # Overwrites nothing without a yes: what would be another is shown first, and stays where the
    # answer is none, or where nobody is there to answer.
    class Shell < Thor::Base.shell
      # Thor calls it where a file is there already, and is another.
      #
      # @param destination [String]
      # @yieldreturn [String] what it would be
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

      # Thor's own `ask` takes Reline where it is there, which asks the terminal where its cursor
      # is, and waits for ever for one that does not say.
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
