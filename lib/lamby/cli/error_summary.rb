# frozen_string_literal: true

module Lamby
  module CLI
    # Describes an exception in a few words: its class, its message, and the line of the application that raised it.
    class ErrorSummary
      # Folders inside of the application that contain gems.
      GEMS = %r{/(?:gems|vendor)/}

      # @param error [Exception]
      # @param folder [String] the application's folder
      def initialize(error, folder: Dir.pwd)
        @error = error
        @folders = [folder, File.realpath(folder)].uniq.map { |path| "#{path}/" }
      end

      # Returns the class and the first line of the message. A syntax error's message has the wrong code in its other
      # lines, so this message is returned whole.
      #
      # @return [String]
      def message
        return "the application called exit with status #{@error.status}" if @error.is_a?(SystemExit)

        lines = @error.message.to_s.scrub.lines(chomp: true).reject { |line| line.strip.empty? }
        lines = ["#{lines.first}#{" …" if lines.size > 1}"] unless @error.is_a?(SyntaxError)
        [@error.class.name, lines.join("\n  ")].uniq.join(": ")
      end

      # Returns the first line of the application's own code in the backtrace, relative to the folder.
      #
      # @return [String, nil] nil if there is none, for example because Rails found no route for the request
      def place
        own = backtrace.find { |line| own?(line) }
        relative(own) if own
      end

      # @return [Array<String>]
      def backtrace
        @error.backtrace || []
      end

      private

      def own?(line)
        path = relative(line)
        !path.start_with?("/", "<", "(") && !GEMS.match?("/#{path}")
      end

      def relative(line)
        @folders.reduce(line) { |path, folder| path.delete_prefix(folder) }
      end
    end
  end
end
