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

        case ask("Overwrite #{destination}? [y/N/a(ll)/q(uit)]", add_to_history: false).to_s.downcase
        when "y", "yes" then true
        when "a", "all" then @always_force = true
        when "q", "quit" then raise SystemExit
        else keep(destination)
        end
      end

      private

      def keep(destination)
        say_status :keep, "#{destination} (--force overwrites it)", :yellow
        false
      end
    end
  end
end
