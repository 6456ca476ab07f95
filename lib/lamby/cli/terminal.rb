# frozen_string_literal: true

module Lamby
  module CLI
    # Prints colors and a progress line if the output is a terminal.
    class Terminal
      COLORS = { bold: 1, red: 31, green: 32, yellow: 33, gray: 90 }.freeze
      # Seconds after which a progress line appears.
      PATIENCE = 1
      private_constant :COLORS, :PATIENCE

      # @param out [IO]
      # @return [Boolean] whether the output is a terminal that has colors, and the user wants them
      def self.color?(out)
        # https://no-color.org
        tty?(out) && ENV.fetch("NO_COLOR", "").empty? && ENV["TERM"] != "dumb"
      end

      # @api private
      def self.tty?(io)
        io.respond_to?(:tty?) && io.tty?
      end

      # @param out [IO] receives the results
      # @param progress [IO] receives progress lines
      def initialize(out, progress: $stderr)
        @progress = progress if self.class.tty?(progress)
        @color = self.class.color?(out)
      end

      # @param text [String]
      # @param name [Symbol, nil] such as `:red`
      # @return [String]
      def color(text, name)
        @color && name ? "\e[#{COLORS.fetch(name)}m#{text}\e[0m" : text
      end

      # Runs a block. If it takes longer than a second, shows a line until it ends.
      #
      # @param text [String]
      # @return [Object] the block's result
      def waiting(text)
        return yield unless @progress

        thread = Thread.new do
          sleep PATIENCE
          @progress.print "#{text} ..."
        end
        begin
          yield
        ensure
          thread.kill.join
          @progress.print "\r\e[K"
        end
      end
    end
  end
end
