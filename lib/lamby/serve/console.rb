# frozen_string_literal: true

require "json"
require "stringio"

module Lamby
  module Serve
    # Prints what happens to the terminal: requests, failures, and the lines that the application prints. Clients choose
    # parts of these texts. With control characters, they could change the terminal's title or hide lines, so Console
    # escapes them: https://cwe.mitre.org/data/definitions/150.html
    class Console
      # How many lines of a stack trace are printed.
      LINES = 10
      # The folders of Lamby's own code, which says nothing about an error of the application.
      OWN = [File.expand_path("../..", __dir__), File.expand_path("../../../exe", __dir__)].freeze
      # Matches the beginning of a line in which the runtime reports an error.
      ERROR_REPORT = /\A\{"(?:requestId|errorType)":"/
      # Captures the control characters that the application may print: colors, tabs and line breaks.
      CONTROL = /(\e\[[\d;:]*m|[\n\t])|[[:cntrl:]]/
      private_constant :LINES, :OWN, :ERROR_REPORT, :CONTROL

      # @param out [IO]
      # @param environments [Integer] how many environments run at the same time. If there are several, each line of the
      #   application begins with the number of its environment
      def initialize(out, environments: 1)
        @out = out
        @terminal = CLI::Terminal.new(out, progress: StringIO.new)
        @several = environments > 1
        @lock = Mutex.new
      end

      # Prints a line of the command itself.
      #
      # @param text [String]
      def say(text)
        print text
      end

      # Prints a line that needs attention.
      #
      # @param text [String]
      def warn(text)
        print @terminal.color("lamby: #{text}", :yellow)
      end

      # @param environment [Environment]
      # @param seconds [Float] how long the initialization took
      def started(environment, seconds)
        print @terminal.color("#{name(environment)} started in #{(seconds * 1000).round} ms", :gray)
      end

      # @param environment [Environment]
      # @param failure [Outcome, nil] why the initialization failed
      def ended(environment, failure)
        return print(@terminal.color("#{name(environment)} ended", :gray)) unless failure

        print @terminal.color("#{name(environment)} did not start: #{printable(failure.summary)}", :red)
      end

      # Prints a line of the application, which may have colors.
      #
      # @param environment [Environment]
      # @param text [String]
      def line(environment, text)
        text = error_report(text) || text
        text = text.gsub(/^/, @terminal.color("#{environment.number} | ", :gray)) if @several
        print text
      end

      # Prints a request and its response.
      #
      # @param title [String] such as "GET /orders"
      # @param status [Integer]
      # @param milliseconds [Float]
      # @param bytes [Integer] the size of the body
      # @param remark [String, nil]
      def responded(title, status, milliseconds, bytes, remark)
        color = { 2 => :green, 3 => :green, 4 => :yellow }.fetch(status / 100, :red)
        details = ["#{milliseconds.round(1)} ms", "#{bytes} bytes", remark].compact.join(", ")
        print "#{@terminal.color(status, color)} #{printable(title)} #{@terminal.color("(#{details})", :gray)}"
      end

      # Prints an invocation whose event did not come over HTTP.
      #
      # @param title [String] such as "sqs"
      # @param outcome [Outcome]
      # @param milliseconds [Float]
      # @param bytes [Integer] the size of the payload
      def invoked(title, outcome, milliseconds, bytes)
        result = outcome.response? ? @terminal.color("ok", :green) : @terminal.color("error", :red)
        print "#{result} #{printable(title)} #{@terminal.color("(#{milliseconds.round(1)} ms, #{bytes} bytes)", :gray)}"
        failed(title, outcome) unless outcome.response?
      end

      # Prints why an invocation failed.
      #
      # @param title [String] such as "GET /orders"
      # @param outcome [Outcome]
      def failed(title, outcome)
        print @terminal.color("#{printable(title)}: #{Outcome::KINDS.fetch(outcome.kind)}: #{printable(outcome.summary)}", :red)
      end

      private

      def name(environment)
        @several ? "environment #{environment.number}" : "the application"
      end

      # Returns an error that the runtime has printed as JSON in a form that a person can read, or nil for other lines.
      def error_report(text)
        return unless ERROR_REPORT.match?(text)

        error = JSON.parse(text)
        return unless error["errorType"]

        trace = Array(error["stackTrace"]).reject { |frame| frame.to_s.start_with?(*OWN) }.first(LINES)
        message = "#{error["errorType"]}: #{error["errorMessage"]}".lines.map { |line| printable(line.chomp) }
        [@terminal.color(message.join("\n"), :red), *trace.map { |frame| @terminal.color("  #{printable(frame.to_s)}", :gray) }].join("\n")
      rescue JSON::ParserError
        nil
      end

      # Returns a text of one line without control characters.
      def printable(text)
        text.dup.force_encoding(Encoding::UTF_8).scrub.gsub(/[[:cntrl:]]/) { |character| character.dump[1..-2] }
      end

      # A terminal that was closed, or a full disk, must not end the server.
      def print(text)
        text = text.scrub.gsub(CONTROL) { |character| Regexp.last_match(1) || character.dump[1..-2] }
        @lock.synchronize do
          @out.puts text
          @out.flush
        end
      rescue SystemCallError, IOError
        nil
      end
    end
  end
end
