# frozen_string_literal: true

module Lamby
  module CLI
    # Reads Ruby code, one expression at a time: on a terminal with a prompt and a history, and else from standard input.
    class ConsoleInput
      # What Ruby's parsers say about code that more lines can complete.
      INCOMPLETE = /unexpected end-of-input|unexpected end of file|unterminated|to close the|expected a matching|can't find string/
      private_constant :INCOMPLETE

      # @param code [String]
      # @return [Boolean] whether the code is complete, or wrong in a way that more lines do not correct
      def self.complete?(code)
        verbose = $VERBOSE
        return true unless defined?(RubyVM::InstructionSequence)

        $VERBOSE = nil # The function warns, too.
        RubyVM::InstructionSequence.compile(code)
        true
      rescue SyntaxError => e
        !e.message.match?(INCOMPLETE)
      ensure
        $VERBOSE = verbose
      end

      # @param prompt [String]
      # @param input [IO]
      def initialize(prompt, input: $stdin)
        @prompt = prompt
        @input = input
        @reline = input.tty? && reline?
      end

      # @return [String, nil] nil at the end of the input
      def read
        return Reline.readmultiline(@prompt, true) { |code| self.class.complete?(code) } if @reline

        code = +""
        while (line = next_line(code))
          code << line
          return code if self.class.complete?(code)
        end
        code unless code.strip.empty?
      end

      private

      def next_line(code)
        $stderr.print(code.empty? ? @prompt : "#{" " * (@prompt.size - 2)}* ") if @input.tty?
        @input.gets
      end

      def reline?
        require "reline"
        true
      rescue LoadError # A bundle may leave it out, because Ruby 3.5 makes it a bundled gem.
        false
      end
    end
  end
end
