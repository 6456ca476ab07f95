# frozen_string_literal: true

module Lamby
  module Runtime
    # An exception as Lambda wants to be told of it.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
    class Failure
      # Of frames; what is more, nobody reads.
      LONGEST_TRACE = 100
      # Of bytes: "less than 1 MiB" is all that is said of X-Ray's header, and a server
      # has a limit for all headers together.
      LONGEST_CAUSE = 64 * 1024
      # Of bytes, each of which may take six in JSON: Managed Instances take errors of 1 MiB.
      LONGEST_MESSAGE = 128 * 1024
      # The names under which Lambda's documentation knows what keeps a function from starting.
      INITIALIZATION = {
        "Lamby::FunctionHandler::NotFound" => "Runtime.HandlerNotFound",
        "LoadError" => "Runtime.ImportModuleError",
        "SyntaxError" => "Runtime.UserCodeSyntaxError",
        "SystemExit" => "Runtime.ExitError"
      }.freeze
      private_constant :LONGEST_TRACE, :LONGEST_CAUSE, :LONGEST_MESSAGE, :INITIALIZATION

      # @return [String] such as "Function.ActiveRecordRecordNotFound": Lambda files what is
      #   not of the form `(Runtime|Function).Letters` as unknown
      attr_reader :type
      # @return [String] the exception's, in UTF-8
      attr_reader :message
      # @return [Array<String>] one frame each
      attr_reader :stack_trace

      # @param exception [Exception]
      # @param initializing [Boolean] whether there was no invocation yet
      # @param type [String, nil] where it is not to be the exception's
      def initialize(exception, initializing: false, type: nil)
        require "json"
        @locations = exception.backtrace_locations || []
        @type = type || (INITIALIZATION[exception.class.name] if initializing) || type_of(exception)
        @message = text(message_of(exception)).byteslice(0, LONGEST_MESSAGE).scrub("")
        @message = "#{exception.class}: #{@message}" if type
        @stack_trace = (exception.backtrace || []).first(LONGEST_TRACE).map { |frame| text(frame) }
      end

      # @return [String] JSON, the body to post
      def body
        JSON.generate({ errorMessage: message, errorType: type, stackTrace: stack_trace })
      end

      # The same where there is little room, as in trailers: Go's HTTP server, which Lambda and its
      # emulator are made with, refuses more than 4 KB of them. The log has it whole.
      #
      # @param limit [Integer] of bytes
      # @return [String] JSON
      def short_body(limit)
        frames = stack_trace.first(20)
        text = message.byteslice(0, 500).scrub("")
        loop do
          body = JSON.generate({ errorMessage: text, errorType: type, stackTrace: frames })
          return body if body.bytesize <= limit || (frames.empty? && text.empty?)

          frames.empty? ? text = text.byteslice(0, text.bytesize / 2).scrub("") : frames.pop
        end
      end

      # @return [String] JSON for X-Ray; empty where it would be too long
      def cause
        cause = JSON.generate({ working_directory: Dir.pwd, paths: Gem.path, exceptions: [exception_for_xray] }, ascii_only: true)
        cause.bytesize < LONGEST_CAUSE ? cause : ""
      rescue SystemCallError # The working directory is gone.
        ""
      end

      private

      # An exception's own `message` may raise.
      def message_of(exception)
        exception.message.to_s
      rescue StandardError => e
        "(its message raised #{e.class})"
      end

      def type_of(exception)
        name = exception.class.name.to_s
        return "Runtime.#{name.split("::").last}" if exception.is_a?(Error)

        letters = name.gsub(/[^A-Za-z]/, "")
        letters.empty? ? "Function.AnonymousError" : "Function.#{letters[0].upcase}#{letters[1..]}"
      end

      def exception_for_xray
        stack = @locations.first(15).map { |it| { path: text(it.path), line: it.lineno, label: text(it.label) } }
        { type: type, message: message.byteslice(0, 1024).scrub(""), stack: stack }
      end

      # JSON is UTF-8, and an exception's message may be any bytes.
      def text(string)
        string = string.to_s
        string = string.encoding == Encoding::BINARY ? string.dup.force_encoding(Encoding::UTF_8) : string.encode(Encoding::UTF_8)
        string.scrub
      rescue EncodingError
        string.dup.force_encoding(Encoding::UTF_8).scrub
      end
    end
  end
end
