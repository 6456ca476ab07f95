# frozen_string_literal: true

module Lamby
  module CLI
    # Prints an invocation: the request, the response that a client would get, and the time.
    class InvocationReport
      # The maximum number of lines of a body in a brief report.
      BRIEF_LINES = 4
      # The maximum number of characters of a line in a brief report.
      WIDTH = 100
      # Headers that a brief report prints.
      TELLING = %w[content-type location set-cookie].freeze
      private_constant :BRIEF_LINES, :WIDTH, :TELLING

      def initialize(out, brief: false)
        @out = out
        @brief = brief
        @color = out.respond_to?(:tty?) && out.tty? && !ENV.key?("NO_COLOR")
      end

      # Prints a successful invocation.
      #
      # @param event [String] JSON
      # @param payload [String] JSON
      # @param milliseconds [Float] the time that the invocation took
      # @return [void]
      def succeeded(event, payload, milliseconds)
        env, integration = request(event)
        time = format("%.1f ms", milliseconds)
        return plain(@kind || :unknown, payload, time) unless integration

        response = Simulator.answer(integration, payload)
        path = env["SCRIPT_NAME"] + env["PATH_INFO"]
        path += "?#{env["QUERY_STRING"]}" unless env["QUERY_STRING"].empty?
        @out.puts "#{bold(integration.to_s.ljust(16))} #{env["REQUEST_METHOD"]} #{path}"
        @out.puts "#{status(response.status)} in #{time}, #{payload.bytesize} bytes from Lambda"
        headers(response.headers)
        body(response)
        @out.puts
      end

      # Prints an invocation that failed.
      #
      # @param error [Exception]
      # @return [void]
      def failed(error)
        @out.puts red("The invocation failed: #{error.class}: #{error.message}")
        (error.backtrace || []).first(10).each { |line| @out.puts dim("  #{line}") }
      end

      private

      # Returns the env of the event's request, and the integration. Returns nil if the event is not an HTTP request. In
      # this case, sets @kind, which is nil if Lamby does not recognise the event.
      def request(event)
        Native.request({}, event, nil, nil, nil, nil, nil, nil)
      rescue EventError => e
        @kind = e.kind
        nil
      end

      def plain(kind, payload, time)
        @out.puts bold(kind.to_s), "#{green("returned")} in #{time}", payload
      end

      def headers(headers)
        shown = @brief ? headers.select { |name, _| TELLING.include?(name) } : headers
        shown.each { |name, value| @out.puts dim(cut("  #{name}: #{value}")) }
        @out.puts dim("  … #{headers.size} headers in all") if shown.size < headers.size
      end

      def body(response)
        text = response.body.dup.force_encoding("UTF-8")
        unless text.valid_encoding? && !text.include?("\0")
          @out.puts "  (#{response.body.bytesize} bytes that are not text)"
          return
        end
        lines = text.lines(chomp: true)
        return lines.each { |line| @out.puts line } unless @brief

        lines.reject { |line| line.strip.empty? }.first(BRIEF_LINES).each { |line| @out.puts cut("  #{line}") }
        @out.puts dim("  … #{response.body.bytesize} bytes in all") if lines.size > BRIEF_LINES
      end

      def cut(line)
        @brief && line.size > WIDTH ? "#{line[0, WIDTH - 1]}…" : line
      end

      def status(code)
        code < 400 ? green(code.to_s) : red(code.to_s)
      end

      def bold(text) = paint(1, text)
      def dim(text) = paint(2, text)
      def red(text) = paint(31, text)
      def green(text) = paint(32, text)

      def paint(code, text)
        @color ? "\e[#{code}m#{text}\e[0m" : text
      end
    end
  end
end
