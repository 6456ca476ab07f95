# frozen_string_literal: true

require "lamby/runtime/plain_json"
require "lamby/runtime/text"

module Lamby
  module Runtime
    # Writes the function's log: the runtime's own messages, and Ruby's loggers through {LoggerPatch}.
    #
    # Lambda sets environment variables that say how to log: as text or as JSON, from which level on, and whether in
    # frames to a separate file descriptor. Without that descriptor, as in container images, each line of standard
    # output is a record.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    module Logging
      autoload :Frames, "lamby/runtime/logging/frames"
      autoload :LoggerPatch, "lamby/runtime/logging/logger_patch"

      # The levels' names, in the order of Logger's severities.
      LEVELS = %w[DEBUG INFO WARN ERROR FATAL ANY].freeze
      DEBUG = 0
      WARN = 2
      ERROR = 3
      FATAL = 4

      # Longest message in a record of Lamby's own, in bytes. CloudWatch takes events of 256 KB. Lambda splits a longer
      # record, and a client's text could begin the second part. JSON takes up to six bytes for one.
      LONGEST_MESSAGE = 8 * 1024
      # Longest chain of causes that a record describes.
      MOST_CAUSES = 3
      # Most frames of a cause in a record.
      MOST_FRAMES = 20
      # Control characters other than tab and line breaks: ESC, for one, changes what a terminal shows.
      CONTROL = /[[:cntrl:]&&[^\t\r\n]]/
      # What describing or writing an exception may raise. SignalException is not rescued, because the process has to
      # end.
      ANYTHING = [StandardError, ScriptError, SystemStackError, NoMemoryError].freeze
      private_constant :LONGEST_MESSAGE, :MOST_CAUSES, :MOST_FRAMES, :CONTROL, :ANYTHING

      class << self
        # @return [Integer] the lowest severity of Logger that is written
        attr_reader :threshold

        # @return [Boolean] whether records are JSON
        def json? = @json

        # Sets up this process's log as Lambda wants it. Must be called before the application is loaded.
        #
        # @param environment [Hash{String => String}]
        # @return [void]
        def install(environment = ENV)
          $stdout.sync = $stderr.sync = true
          configure(environment)
          # Deleted, because the descriptor is not open in child processes.
          descriptor = environment.delete("_LAMBDA_TELEMETRY_LOG_FD")
          @frames = Frames.open(descriptor) if descriptor
          LoggerPatch.install if @json || @frames
          redirect(environment)
        end

        # Connects this process's standard output and error with Lambda. On Managed Instances, Lambda recognises each
        # process by its connection, so each forked process calls this.
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
            fields = { errorType: error_report.type, errorMessage: shortened(error_report.message), stackTrace: error_report.stack_trace }
            next write(ERROR, own_record(ERROR, context, fields)) if json?

            id = request_id(context)
            fields = { requestId: id, **fields } if id
            write(ERROR, PlainJSON.generate(fields))
          end
        end

        # Writes an exception that does not fail the invocation as one record, with its causes. Raises only a signal that
        # came while the exception's methods ran.
        #
        # @param exception [Exception]
        # @param source [String] what raised it, such as "handled_proc"
        # @param context [#aws_request_id, nil]
        # @return [void]
        def exception(exception, source, context = nil)
          context ||= Context.current
          error_reports = with_causes(exception).map { |it| ErrorReport.new(it) }
          guarded(context) do
            described, *causes = error_reports.map { |error_report| describe(error_report) }
            causes.each { |cause| cause[:stackTrace] = cause[:stackTrace].first(MOST_FRAMES) }
            if json?
              described[:causes] = causes if causes.any?
              write(ERROR, own_record(ERROR, context, { message: "lamby: #{shortened(source)}", **described }))
            else
              parts = [shortened(source), lines(described), *causes.map { |cause| "caused by #{lines(cause)}" }]
              write(ERROR, as_text(ERROR, "#{parts.shift}: #{parts.join("\n")}", context))
            end
          end
          interrupt = error_reports.filter_map(&:interrupt).first
          raise interrupt if interrupt # A signal that came meanwhile still ends the process.
        end

        # Describes an exception in the fields of a record.
        #
        # @param error_report [ErrorReport]
        # @return [Hash{Symbol => Object}]
        def describe(error_report)
          { errorType: error_report.class_name, errorMessage: shortened(error_report.message), stackTrace: error_report.stack_trace }
        end

        # Builds a record as JSON, on one line: a line break within a field becomes "\\n".
        #
        # @param severity [Integer]
        # @param context [#aws_request_id, nil]
        # @param fields [Hash]
        # @return [String]
        def record(severity, context, fields, time = Time.now)
          require "json"
          JSON.generate(complete(severity, context, fields, time))
        end

        # Writes a record in one call, because with several calls the lines of two threads would mix. Like Ruby's Logger,
        # ignores errors of a log that is closed or broken.
        #
        # @param severity [Integer]
        # @param text [String] the record, without a line feed at its end
        # @param to [#write] where it goes if Lambda has given no file descriptor
        # @return [void]
        def write(severity, text, to = $stderr)
          return if severity < threshold
          return @frames.write(severity, text, json: json?) if @frames

          to.write("#{text}\n")
        rescue *ANYTHING # An application may have replaced $stderr.
          nil
        end

        private

        def configure(environment)
          @json = environment["AWS_LAMBDA_LOG_FORMAT"].to_s.casecmp?("JSON")
          @threshold = (LEVELS.index(environment["AWS_LAMBDA_LOG_LEVEL"].to_s.upcase) if @json) || DEBUG
        end

        def say(severity, message, context)
          guarded(context) do
            message = shortened(message)
            text = json? ? own_record(severity, context, { message: "lamby: #{message}" }) : as_text(severity, message, context)
            write(severity, text)
          end
        end

        # Writes a record whose fields are plain text, without JSON.generate, which an application may have replaced.
        def own_record(severity, context, fields)
          PlainJSON.generate(complete(severity, context, fields, Time.now))
        end

        def complete(severity, context, fields, time)
          id = request_id(context)
          fields = { timestamp: timestamp(time), level: LEVELS.fetch(severity, "ANY"), **fields }
          id ? { **fields, requestId: id } : fields
        end

        # Calls the block. If it raises, writes a record that needs neither the application nor JSON. If that raises too,
        # writes nothing, because the caller still has a response to send.
        def guarded(context)
          yield
        rescue *ANYTHING
          begin
            write(ERROR, last_resort(context))
          rescue *ANYTHING
            nil
          end
        end

        def last_resort(context)
          message = "lamby: an error could not be described"
          id = request_id(context).to_s[/\A[\w-]+\z/]
          return "[ERROR] #{"RequestId: #{id} " if id}#{message}" unless json?

          %({"timestamp":"#{timestamp(Time.now)}","level":"ERROR","message":"#{message}"#{%(,"requestId":"#{id}") if id}})
        end

        # Builds a record as text. A line feed ends a text record. Within a record, a carriage return replaces it, as in
        # the records of AWS's own clients (ERROR_LOG_LINE_TERMINATE of aws-lambda-python-runtime-interface-client).
        def as_text(severity, message, context)
          id = request_id(context)
          text = "[#{LEVELS[severity]}] #{"RequestId: #{id} " if id}lamby: #{message}"
          Text.utf8(text).gsub(/\r\n?|\n/, line_break).gsub(CONTROL) { |character| character.dump[1..-2] }
        end

        # Returns the string that replaces a line break. A frame states its length, so it may contain line feeds. On a
        # terminal, people read the lines.
        def line_break
          return "\n" if @frames

          $stderr.tty? ? "\n  " : "\r"
        end

        def lines(fields)
          ["#{fields[:errorType]}: #{fields[:errorMessage]}", *fields[:stackTrace].map { |frame| "    #{frame}" }].join("\n")
        end

        # Returns the exception and its causes. An application may define its own `cause`.
        def with_causes(exception)
          all = [exception]
          while all.size <= MOST_CAUSES && (cause = all.last.cause).is_a?(Exception) && all.none? { |it| it.equal?(cause) }
            all << cause
          end
          all
        rescue *ANYTHING
          all
        end

        def request_id(context)
          context.aws_request_id if context.respond_to?(:aws_request_id)
        end

        def timestamp(time)
          time.getutc.strftime("%Y-%m-%dT%H:%M:%S.%LZ")
        end

        def shortened(text)
          text = Text.utf8(text)
          text.bytesize <= LONGEST_MESSAGE ? text : "#{Text.cut(text, LONGEST_MESSAGE)}… (shortened)"
        end
      end

      # Configures the log at load time, because AWS's Ruby client does not call {install}. It reads the same variables.
      send(:configure, ENV)
    end

    # Its former name.
    Log = Logging
  end
end
