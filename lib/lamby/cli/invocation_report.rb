# frozen_string_literal: true

require "cgi/escape"

module Lamby
  module CLI
    # Prints an invocation: the request, the response that a client would get, and the time. If the invocation or the
    # response is an error, prints its cause in place of headers and body, and the application's log.
    class InvocationReport
      # The maximum number of lines of a body in a brief report.
      BRIEF_LINES = 4
      # The maximum number of characters of a line in a brief report.
      WIDTH = 100
      # The maximum number of bytes of an error's body that is printed as it is.
      SHORT_ERROR = 2000
      # The maximum number of lines of a log file.
      LOG_LINES = 20
      # Headers that a brief report prints.
      TELLING = %w[content-type location set-cookie].freeze
      # The elements of an error page that say what the error is.
      HEADINGS = %r{<(title|h1|h2)\b[^>]*>(.*?)</\1>}mi
      private_constant :BRIEF_LINES, :WIDTH, :SHORT_ERROR, :LOG_LINES, :TELLING, :HEADINGS

      # @param out [IO]
      # @param brief [Boolean] whether to print only the beginning of a response, and no log
      # @param full [Boolean] whether to print the headers and the body of an error, whole backtraces and the whole log
      # @param log [LogExcerpt]
      def initialize(out, log:, brief: false, full: false)
        @out = out
        @log = log
        @brief = brief
        @full = full
        @terminal = Terminal.new(out)
      end

      # Prints an invocation that has returned a payload.
      #
      # @param invocation [Invocation]
      # @param recorder [ErrorRecorder]
      # @return [void]
      def returned(invocation, recorder)
        return other_event(invocation) unless invocation.integration

        response = invocation.response
        cause = cause(response, recorder) if response.status >= 400
        shortened = cause && !@full
        @out.puts "#{bold(invocation.integration.to_s.ljust(16))} #{invocation.request_line}"
        @out.puts "#{status(response.status)} in #{time(invocation)}, #{invocation.payload.bytesize} bytes from Lambda" \
                  "#{" (--full prints them)" if shortened}"
        @out.puts red(cause) if cause
        content(response) unless shortened
        backtrace(ErrorSummary.new(recorder.error)) if @full && response.status >= 400 && recorder.error
        log if response.status >= 400
        @out.puts
      end

      # Prints an invocation or a start of the application that has raised an exception.
      #
      # @param error [Exception]
      # @param what [String] what has failed
      # @return [void]
      def failed(error, what = "The invocation failed")
        summary = ErrorSummary.new(error)
        @out.puts red("#{what}: #{summary.message}")
        if @full
          @out.puts error.message.to_s.scrub.lines(chomp: true).drop(1).map { |line| "  #{line}" } unless error.is_a?(SyntaxError)
          backtrace(summary)
        elsif (place = summary.place || (summary.backtrace.first unless error.is_a?(Lamby::Error)))
          @out.puts "  #{place}", dim("  --full prints the whole backtrace")
        end
        log
      end

      # Prints an error of a deployed function.
      #
      # @param error [FunctionError]
      # @return [void]
      def function_error(error)
        @out.puts red("The invocation failed: #{error.message}")
        if @full
          error.details.each { |line| @out.puts "  #{line}" }
          backtrace(error)
        elsif error.place
          @out.puts "  #{error.place}", dim("  --full prints the whole backtrace")
        end
        log
      end

      private

      def other_event(invocation)
        @out.puts bold((invocation.kind || :unknown).to_s), "#{green("returned")} in #{time(invocation)}", invocation.payload
      end

      # Returns the cause of an error. Returns nil if the response itself says it in a few words.
      def cause(response, recorder)
        blocked = recorder.blocked_host(response)
        return blocked if blocked

        if recorder.error
          summary = ErrorSummary.new(recorder.error)
          return [summary.message, ("(#{summary.place})" if summary.place)].compact.join(" ")
        end
        headings(response) if long?(response) && response["content-type"].to_s.include?("html")
      end

      def long?(response)
        response.body.bytesize > SHORT_ERROR || response.body.count("\n") > BRIEF_LINES
      end

      def headings(response)
        words = response.body.dup.force_encoding("UTF-8").scrub.scan(HEADINGS).map do |_name, html|
          CGI.unescapeHTML(html.gsub(/<[^>]*>/, " ")).split.join(" ")
        end
        words = words.reject(&:empty?).uniq
        "The page says: #{words.first(2).join(" – ")[0, WIDTH]}" if words.any?
      end

      def content(response)
        brief = @brief || (response.status >= 400 && response.body.bytesize > SHORT_ERROR && !@full)
        headers(response.headers, brief)
        body(response, brief)
      end

      def headers(headers, brief)
        shown = brief ? headers.select { |name, _| TELLING.include?(name) } : headers
        shown.each { |name, value| @out.puts dim(cut("  #{name}: #{value}", brief)) }
        @out.puts dim("  … #{headers.size} headers in all") if shown.size < headers.size
      end

      def body(response, brief)
        text = response.body.dup.force_encoding("UTF-8")
        unless text.valid_encoding? && !text.include?("\0")
          @out.puts "  (#{response.body.bytesize} bytes that are not text)"
          return
        end
        lines = text.lines(chomp: true)
        return lines.each { |line| @out.puts line } unless brief

        lines.reject { |line| line.strip.empty? }.first(BRIEF_LINES).each { |line| @out.puts cut("  #{line}", brief) }
        @out.puts dim("  … #{response.body.bytesize} bytes in all#{" (--full prints them)" unless @brief}") if lines.size > BRIEF_LINES
      end

      def backtrace(summary)
        summary.backtrace.each { |line| @out.puts dim("  #{line}") }
      end

      # Prints what the application has written to its log files.
      def log
        return if @brief

        @log.lines.each do |file, lines|
          left_out = @full ? 0 : [lines.size - LOG_LINES, 0].max
          @out.puts "", "#{file}:"
          @out.puts dim("  … --full prints #{left_out} more lines") if left_out.positive?
          lines.drop(left_out).each { |line| @out.puts dim("  #{line}") }
        end
      end

      def cut(line, brief)
        brief && line.size > WIDTH ? "#{line[0, WIDTH - 1]}…" : line
      end

      def time(invocation)
        format("%.1f ms", invocation.milliseconds)
      end

      def status(code)
        code < 400 ? green(code.to_s) : red(code.to_s)
      end

      def bold(text) = @terminal.color(text, :bold)
      def dim(text) = @terminal.color(text, :gray)
      def red(text) = @terminal.color(text, :red)
      def green(text) = @terminal.color(text, :green)
    end
  end
end
