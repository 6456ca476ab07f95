# frozen_string_literal: true

require "lamby/runtime/plain_json"
require "lamby/runtime/text"

module Lamby
  module Runtime
    # Describes an exception in the form that Lambda requires: type, message and stack trace.
    #
    # Building a report never raises. An exception is an object of the application, and each of its methods may raise,
    # recurse, or return anything. So each field is built in its own `guard`, and if everything fails, the report is a
    # constant.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
    class ErrorReport
      # Maximum number of causes that are reported with an exception.
      MOST_CAUSES = 3
      # Longest stack trace reported, in frames.
      LONGEST_TRACE = 100
      # Longest frame reported, in bytes.
      LONGEST_FRAME = 1024
      # Maximum size of the JSON document that describes the exception for X-Ray, in bytes. Lamby sends this document in
      # a header. AWS documents only "less than 1 MiB" for this header, but servers limit the size of all headers
      # together.
      LONGEST_CAUSE = 64 * 1024
      # Longest message, in bytes. Each byte may take six bytes in JSON, and Managed Instances accept errors of up to 1
      # MiB.
      LONGEST_MESSAGE = 128 * 1024
      # Longest error type, in bytes. Lamby sends the type in a header.
      LONGEST_TYPE = 200
      # Lambda's documented error types for functions that cannot be initialized.
      INITIALIZATION = {
        "Lamby::Function::NotFound" => "Runtime.HandlerNotFound",
        "LoadError" => "Runtime.ImportModuleError",
        "SyntaxError" => "Runtime.UserCodeSyntaxError",
        "SystemExit" => "Runtime.ExitError"
      }.freeze
      # The body to send if Lamby cannot generate one.
      LAST_RESORT = '{"errorMessage":"the invocation failed with an exception that cannot be described",' \
                    '"errorType":"Function.AnonymousError","stackTrace":[]}'
      CLASS_OF = ::Kernel.instance_method(:class)
      NAME_OF = ::Module.instance_method(:name)
      private_constant :MOST_CAUSES, :LONGEST_TRACE, :LONGEST_FRAME, :LONGEST_CAUSE, :LONGEST_MESSAGE, :LONGEST_TYPE, :INITIALIZATION,
                       :LAST_RESORT, :CLASS_OF, :NAME_OF

      # Describes an exception and its causes. If `cause` raises, because the exception's class overrides it, describes
      # the causes that were found before.
      #
      # @param exception [Exception]
      # @return [Array<ErrorReport>] the report of the exception, then those of its causes
      def self.with_causes(exception)
        all = [exception]
        begin
          while all.size <= MOST_CAUSES && (cause = all.last.cause).is_a?(Exception) && all.none? { |it| it.equal?(cause) }
            all << cause
          end
        rescue StandardError, ScriptError, SystemStackError, NoMemoryError
          nil
        end
        all.map { |it| new(it) }
      end

      # @return [String] the error's type for Lambda, such as "Function.ActiveRecordRecordNotFound". Lambda treats types
      #   that are not of the form `(Runtime|Function).Letters` as unknown
      attr_reader :type
      # @return [String] name of the exception's class, in UTF-8
      attr_reader :class_name
      # @return [String] the exception's message, in UTF-8
      attr_reader :message
      # @return [Array<String>] one element for each frame
      attr_reader :stack_trace
      # @return [SignalException, nil] a signal that came while the exception's methods ran. It asks the process to end,
      #   so the caller must raise it after the report
      attr_reader :interrupt

      # @param exception [Exception]
      # @param initializing [Boolean] whether the exception was raised before the first invocation
      # @param type [String, nil] a type that replaces the exception's own type
      def initialize(exception, initializing: false, type: nil)
        name = name_of(exception)
        @class_name = name || "an anonymous exception"
        @type = type || (INITIALIZATION[name] if initializing) || guard("Function.AnonymousError") { type_of(exception, name) }
        @message = message_of(exception)
        @message = "#{class_name}: #{@message}" if type
        @stack_trace = guard([]) { frames(exception.backtrace) }
        @locations = guard([]) { locations(exception.backtrace_locations) }
      end

      # @return [String] JSON, the body of the report
      def body
        guard(LAST_RESORT) { PlainJSON.generate({ errorMessage: message, errorType: type, stackTrace: stack_trace }) }
      end

      # Returns a shortened {#body}, for HTTP trailers. Lambda and its emulator use Go's HTTP server, which refuses more
      # than 4 KB of trailers. The log has the whole report.
      #
      # @param limit [Integer] the longest result, in bytes
      # @return [String] JSON
      def short_body(limit)
        guard(LAST_RESORT) do
          frames = stack_trace.first(20)
          text = Text.cut(message, 500)
          loop do
            body = PlainJSON.generate({ errorMessage: text, errorType: type, stackTrace: frames })
            break body if body.bytesize <= limit || (frames.empty? && text.empty?)

            frames.empty? ? text = Text.cut(text, text.bytesize / 2) : frames.pop
          end
        end
      end

      # @return [String] JSON for X-Ray; empty if it would be too long
      def cause
        guard("") do
          # The working directory may no longer exist.
          directory = guard("") { Text.utf8(Dir.pwd, limit: LONGEST_FRAME) }
          paths = guard([]) { Gem.path.map { |path| Text.utf8(path, limit: LONGEST_FRAME) } }
          cause = PlainJSON.generate({ working_directory: directory, paths: paths, exceptions: [exception_for_xray] }, ascii: true)
          cause.bytesize < LONGEST_CAUSE ? cause : ""
        end
      end

      private

      # @yield calls code of the application, which may raise
      # @return the block's result, or the default if the block raises
      def guard(default)
        yield
      rescue SignalException => e
        @interrupt ||= e
        default
      rescue Exception # rubocop:disable Lint/RescueException -- a report must be sent in any case
        default
      end

      def message_of(exception)
        Text.utf8(exception.message, limit: LONGEST_MESSAGE)
      rescue Exception => e # rubocop:disable Lint/RescueException -- as in guard
        @interrupt ||= e if kind?(SignalException, e)
        "(its message raised #{name_of(e) || "an anonymous exception"})"
      end

      # Returns the name of the exception's class. A class may override `name` to return something else.
      def name_of(exception)
        mod = CLASS_OF.bind_call(exception)
        name = guard(nil) { mod.name }
        name = NAME_OF.bind_call(mod) unless kind?(String, name)
        name && guard(nil) { Text.utf8(name, limit: LONGEST_MESSAGE) }
      end

      def type_of(exception, name)
        return "Runtime.#{name.split("::").last}" if kind?(Error, exception)

        letters = name.to_s.gsub(/[^A-Za-z]/, "").byteslice(0, LONGEST_TYPE)
        letters.empty? ? "Function.AnonymousError" : "Function.#{letters[0].upcase}#{letters[1..]}"
      end

      # Returns the backtrace as plain Strings. An exception's class may override `backtrace` with a method that returns
      # a String, or an Array of any objects.
      def frames(backtrace)
        backtrace = Text.utf8(backtrace, limit: LONGEST_TRACE * LONGEST_FRAME).lines(chomp: true) if kind?(String, backtrace)
        plain(backtrace).first(LONGEST_TRACE).map { |frame| guard("") { Text.utf8(frame, limit: LONGEST_FRAME) } }
      end

      def locations(backtrace_locations)
        plain(backtrace_locations).first(15).grep(Thread::Backtrace::Location)
      end

      # Returns an Array's elements without calling methods of a subclass. Returns an empty Array if the object is not
      # an Array.
      def plain(array)
        kind?(Array, array) ? [].replace(array) : []
      end

      # Returns whether the object is an instance of the module. Does not call the object's own `is_a?`, which may
      # return anything.
      def kind?(mod, object)
        mod === object # rubocop:disable Style/CaseEquality
      end

      def exception_for_xray
        stack = @locations.map do |location|
          path, label = [location.path, location.label].map { |text| Text.utf8(text, limit: LONGEST_FRAME) }
          { path: path, line: location.lineno, label: label }
        end
        { type: type, message: Text.cut(message, 1024), stack: stack }
      end
    end
  end
end
