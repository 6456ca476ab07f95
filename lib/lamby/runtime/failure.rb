# frozen_string_literal: true

require "lamby/runtime/plain_json"

module Lamby
  module Runtime
    # An exception as Lambda wants to be told of it.
    #
    # Making a report never raises. An exception is an object of the application, and each of its methods may raise,
    # recurse, or return anything. So each field has its own guard, and the last resort is a constant.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
    class Failure
      # Longest stack trace reported, in frames, and longest frame, in bytes.
      LONGEST_TRACE = 100
      LONGEST_FRAME = 1024
      # Of bytes: "less than 1 MiB" is all that is said of X-Ray's header, and a server
      # has a limit for all headers together.
      LONGEST_CAUSE = 64 * 1024
      # Of bytes, each of which may take six in JSON: Managed Instances take errors of 1 MiB.
      LONGEST_MESSAGE = 128 * 1024
      # Longest error type, in bytes. It goes into a header.
      LONGEST_TYPE = 200
      # The names under which Lambda's documentation knows what keeps a function from starting.
      INITIALIZATION = {
        "Lamby::FunctionHandler::NotFound" => "Runtime.HandlerNotFound",
        "LoadError" => "Runtime.ImportModuleError",
        "SyntaxError" => "Runtime.UserCodeSyntaxError",
        "SystemExit" => "Runtime.ExitError"
      }.freeze
      # The body of a report that cannot be made.
      LAST_RESORT = '{"errorMessage":"the invocation failed with an exception that cannot be described",' \
                    '"errorType":"Function.AnonymousError","stackTrace":[]}'
      CLASS_OF = ::Kernel.instance_method(:class)
      NAME_OF = ::Module.instance_method(:name)
      private_constant :LONGEST_TRACE, :LONGEST_FRAME, :LONGEST_CAUSE, :LONGEST_MESSAGE, :LONGEST_TYPE, :INITIALIZATION, :LAST_RESORT,
                       :CLASS_OF, :NAME_OF

      # @return [String] such as "Function.ActiveRecordRecordNotFound": Lambda files what is
      #   not of the form `(Runtime|Function).Letters` as unknown
      attr_reader :type
      # @return [String] name of the exception's class, in UTF-8
      attr_reader :class_name
      # @return [String] the exception's, in UTF-8
      attr_reader :message
      # @return [Array<String>] one frame each
      attr_reader :stack_trace
      # @return [SignalException, nil] a signal that came while the exception's methods ran. It asks the process to end,
      #   so the caller must raise it after the report
      attr_reader :interrupt

      # @param exception [Exception]
      # @param initializing [Boolean] whether there was no invocation yet
      # @param type [String, nil] where it is not to be the exception's
      def initialize(exception, initializing: false, type: nil)
        name = name_of(exception)
        @class_name = name || "an anonymous exception"
        @type = type || (INITIALIZATION[name] if initializing) || guard("Function.AnonymousError") { type_of(exception, name) }
        @message = message_of(exception)
        @message = "#{class_name}: #{@message}" if type
        @stack_trace = guard([]) { frames(exception.backtrace) }
        @locations = guard([]) { locations(exception.backtrace_locations) }
      end

      # @return [String] JSON, the body to post
      def body
        guard(LAST_RESORT) { PlainJSON.generate({ errorMessage: message, errorType: type, stackTrace: stack_trace }) }
      end

      # The same where there is little room, as in trailers: Go's HTTP server, which Lambda and its
      # emulator are made with, refuses more than 4 KB of them. The log has it whole.
      #
      # @param limit [Integer] of bytes
      # @return [String] JSON
      def short_body(limit)
        guard(LAST_RESORT) do
          frames = stack_trace.first(20)
          text = message.byteslice(0, 500).scrub("")
          loop do
            body = PlainJSON.generate({ errorMessage: text, errorType: type, stackTrace: frames })
            break body if body.bytesize <= limit || (frames.empty? && text.empty?)

            frames.empty? ? text = text.byteslice(0, text.bytesize / 2).scrub("") : frames.pop
          end
        end
      end

      # @return [String] JSON for X-Ray; empty where it would be too long
      def cause
        guard("") do
          # The working directory may be gone.
          directory = guard("") { text(Dir.pwd, LONGEST_FRAME) }
          paths = guard([]) { Gem.path.map { |path| text(path, LONGEST_FRAME) } }
          cause = PlainJSON.generate({ working_directory: directory, paths: paths, exceptions: [exception_for_xray] }, ascii: true)
          cause.bytesize < LONGEST_CAUSE ? cause : ""
        end
      end

      private

      # @yield to code that may call the application
      # @return what the block returns, or the default where it raises
      def guard(default)
        yield
      rescue SignalException => e
        @interrupt ||= e
        default
      rescue Exception # rubocop:disable Lint/RescueException -- whatever it is, a report is due
        default
      end

      def message_of(exception)
        text(exception.message, LONGEST_MESSAGE)
      rescue Exception => e # rubocop:disable Lint/RescueException -- as in guard
        @interrupt ||= e if kind?(SignalException, e)
        "(its message raised #{name_of(e) || "an anonymous exception"})"
      end

      # A class may define its own `name`, as a model may.
      def name_of(exception)
        mod = CLASS_OF.bind_call(exception)
        name = guard(nil) { mod.name }
        name = NAME_OF.bind_call(mod) unless kind?(String, name)
        name && guard(nil) { text(name, LONGEST_MESSAGE) }
      end

      def type_of(exception, name)
        return "Runtime.#{name.split("::").last}" if kind?(Error, exception)

        letters = name.to_s.gsub(/[^A-Za-z]/, "").byteslice(0, LONGEST_TYPE)
        letters.empty? ? "Function.AnonymousError" : "Function.#{letters[0].upcase}#{letters[1..]}"
      end

      # An exception's own `backtrace` may return a String, or an Array of anything.
      def frames(backtrace)
        backtrace = text(backtrace, LONGEST_TRACE * LONGEST_FRAME).lines(chomp: true) if kind?(String, backtrace)
        plain(backtrace).first(LONGEST_TRACE).map { |frame| guard("") { text(frame, LONGEST_FRAME) } }
      end

      def locations(backtrace_locations)
        plain(backtrace_locations).first(15).grep(Thread::Backtrace::Location)
      end

      # Returns an Array's elements without calling methods of a subclass; none if it is not an Array.
      def plain(array)
        kind?(Array, array) ? [].replace(array) : []
      end

      # Does not call the object's own `is_a?`, which may return anything.
      def kind?(mod, object)
        mod === object # rubocop:disable Style/CaseEquality
      end

      def exception_for_xray
        stack = @locations.map { |it| { path: text(it.path, LONGEST_FRAME), line: it.lineno, label: text(it.label, LONGEST_FRAME) } }
        { type: type, message: message.byteslice(0, 1024).scrub(""), stack: stack }
      end

      # JSON is UTF-8, and an exception's message may be any bytes, or any object.
      def text(object, limit)
        # Makes a plain String of a subclass, no longer than is used.
        string = String.new("#{object}").byteslice(0, limit) # rubocop:disable Style/RedundantInterpolation -- to_s may return anything
        utf8(string).byteslice(0, limit).scrub("")
      end

      def utf8(string)
        string = string.encoding == Encoding::BINARY ? string.force_encoding(Encoding::UTF_8) : string.encode(Encoding::UTF_8)
        string.scrub
      rescue EncodingError
        string.dup.force_encoding(Encoding::UTF_8).scrub
      end
    end
  end
end
