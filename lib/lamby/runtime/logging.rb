# frozen_string_literal: true

require "lamby/runtime/logging/record_format"

module Lamby
  module Runtime
    # Writes the function's log: the runtime's own messages, and through {LoggerPatch} the messages of Ruby's loggers.
    #
    # Lambda's environment variables set the log's format (text or JSON), its lowest level, and the file descriptor that
    # {Frames} writes to. Without that descriptor, as in container images, each line of standard output is a record.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    module Logging
      autoload :Frames, "lamby/runtime/logging/frames"
      autoload :LoggerPatch, "lamby/runtime/logging/logger_patch"

      # The levels' names, in the order of Logger's severities.
      LEVELS = %w[DEBUG INFO WARN ERROR FATAL ANY].freeze
      # The severity of debug messages, as in Logger::Severity.
      DEBUG = 0
      # The severity of warnings, as in Logger::Severity.
      WARN = 2
      # The severity of errors, as in Logger::Severity.
      ERROR = 3
      # The severity of errors that end the process, as in Logger::Severity.
      FATAL = 4

      # The maximum number of stack frames that a record contains for each cause of an exception.
      MOST_FRAMES = 20
      # The exceptions that the log rescues while it describes or writes an error. SignalException is not among them,
      # because a signal must end the process.
      ANYTHING = [StandardError, ScriptError, SystemStackError, NoMemoryError].freeze
      private_constant :MOST_FRAMES, :ANYTHING

      class << self
        # @return [Integer] the lowest severity that is written, as in Logger::Severity
        attr_reader :threshold

        # @return [Boolean] whether records are JSON
        def json? = @json

        # Sets up this process's log as Lambda's environment variables require. Call this method before the application
        # is loaded.
        #
        # @param environment [Hash{String => String}]
        # @return [void]
        def install(environment = ENV)
          $stdout.sync = $stderr.sync = true
          configure(environment)
          # The variable is deleted, because the descriptor is not open in child processes.
          descriptor = environment.delete("_LAMBDA_TELEMETRY_LOG_FD")
          @frames = Frames.open(descriptor) if descriptor
          LoggerPatch.install if @json || @frames
          redirect(environment)
        end

        # Connects this process's standard output and error to Lambda's log socket. On Managed Instances, Lambda
        # recognises each process by its connection, so each forked process calls this method.
        #
        # @param environment [Hash{String => String}]
        # @return [void]
        def redirect(environment = ENV)
          path = environment["_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET"] or return
          require "socket"
          [$stdout, $stderr].each { |stream| UNIXSocket.open(path) { |socket| stream.reopen(socket) && stream.sync = true } }
        rescue SystemCallError => e
          error("standard output could not be connected to #{path}: #{e.message}")
        end

        # Writes a message of the runtime. Never raises.
        #
        # @param message [String]
        # @param context [#aws_request_id, nil] the invocation that the message is about
        # @return [void]
        def warn(message, context = nil) = say(WARN, message, context)

        # @see .warn
        def error(message, context = nil) = say(ERROR, message, context)

        # @see .warn
        def fatal(message, context = nil) = say(FATAL, message, context)

        # Writes the error of a failed invocation as one record. Never raises.
        #
        # @param error_report [ErrorReport]
        # @param context [#aws_request_id, nil]
        # @return [void]
        def report(error_report, context = nil)
          guarded(context) do
            fields = RecordFormat.error_fields(error_report, type: error_report.type)
            next write(ERROR, RecordFormat.plain_json(ERROR, context, fields)) if json?

            id = RecordFormat.request_id(context)
            fields = { requestId: id, **fields } if id
            write(ERROR, PlainJSON.generate(fields))
          end
        end

        # Writes an exception, with its causes, as one record. Use this method for exceptions that do not fail the
        # invocation. If a signal arrives while one of the exception's methods, such as `message`, runs, this method
        # raises the SignalException after it has written the record. It raises nothing else.
        #
        # @param exception [Exception]
        # @param source [String] the name of the code that raised it, such as "handled_proc"
        # @param context [#aws_request_id, nil]
        # @return [void]
        def exception(exception, source, context = nil)
          context ||= Context.current
          error_reports = ErrorReport.with_causes(exception)
          guarded(context) do
            described, *causes = error_reports.map { |error_report| RecordFormat.error_fields(error_report) }
            causes.each { |cause| cause[:stackTrace] = cause[:stackTrace].first(MOST_FRAMES) }
            write(ERROR, exception_record(RecordFormat.shorten(source), described, causes, context))
          end
          interrupt = error_reports.filter_map(&:interrupt).first
          raise interrupt if interrupt # The signal must still end the process.
        end

        # Writes a record with one call of `write`, because with several calls the lines of two threads would mix. Like
        # Ruby's Logger, ignores errors of a log that is closed or cannot be written.
        #
        # @param severity [Integer]
        # @param text [String] the record, without a line feed at its end
        # @param to [#write] the destination if Lambda has set no file descriptor
        # @return [void]
        def write(severity, text, to = $stderr)
          return if severity < threshold
          return @frames.write(severity, text, json: json?) if @frames

          to.write("#{text}\n")
        rescue *ANYTHING # An application may have replaced $stderr with an object that raises.
          nil
        end

        private

        def configure(environment)
          @json = environment["AWS_LAMBDA_LOG_FORMAT"].to_s.casecmp?("JSON")
          @threshold = (LEVELS.index(environment["AWS_LAMBDA_LOG_LEVEL"].to_s.upcase) if @json) || DEBUG
        end

        def say(severity, message, context)
          guarded(context) do
            message = RecordFormat.shorten(message)
            next write(severity, RecordFormat.plain_json(severity, context, { message: "lamby: #{message}" })) if json?

            write(severity, RecordFormat.text(severity, context, message, line_break))
          end
        end

        def exception_record(source, described, causes, context)
          if json?
            described[:causes] = causes if causes.any?
            return RecordFormat.plain_json(ERROR, context, { message: "lamby: #{source}", **described })
          end

          traces = [described, *causes].map { |fields| RecordFormat.error_lines(fields) }
          RecordFormat.text(ERROR, context, "#{source}: #{traces.join("\ncaused by ")}", line_break)
        end

        # Calls the block. If it raises, writes {RecordFormat.last_resort}. If that raises too, ignores the error,
        # because the caller must still send a response.
        def guarded(context)
          yield
        rescue *ANYTHING
          begin
            write(ERROR, RecordFormat.last_resort(context, json: json?))
          rescue *ANYTHING
            nil
          end
        end

        # Returns the string that replaces a line break in a text record: a carriage return, as in the records of AWS's
        # own clients (ERROR_LOG_LINE_TERMINATE of aws-lambda-python-runtime-interface-client). A frame states its
        # length, so it may contain line feeds. On a terminal, line feeds stay, so that people can read the lines.
        def line_break
          return "\n" if @frames

          $stderr.tty? ? "\n  " : "\r"
        end
      end

      # Configures the log at load time, because AWS's Ruby client does not call {install}. Lambda sets the same
      # variables for that client.
      send(:configure, ENV)
    end
  end
end
