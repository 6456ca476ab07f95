# frozen_string_literal: true

module Lamby
  module Runtime
    # The function's log: where it goes, in what form, and what the runtime itself says there.
    #
    # Lambda says by variables of the environment how it wants a runtime's log: as text or
    # JSON, from which level on, and whether in frames on a descriptor of its own. Without
    # one, as in container images, each line of standard output is a record.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    module Log
      autoload :Frames, "lamby/runtime/log/frames"
      autoload :LoggerPatch, "lamby/runtime/log/logger_patch"

      # By Logger's severities.
      LEVELS = %w[DEBUG INFO WARN ERROR FATAL ANY].freeze
      DEBUG = 0
      WARN = 2
      ERROR = 3
      FATAL = 4

      @json = false
      @threshold = DEBUG

      class << self
        # @return [Integer] severity below which nothing is written, as Logger has it
        attr_reader :threshold

        # @return [Boolean] whether records are JSON
        def json? = @json

        # Has this process log as Lambda wants it, before the application is loaded.
        #
        # @param environment [Hash{String => String}]
        # @return [void]
        def install(environment = ENV)
          $stdout.sync = $stderr.sync = true
          @json = environment["AWS_LAMBDA_LOG_FORMAT"].to_s.casecmp?("JSON")
          @threshold = LEVELS.index(environment["AWS_LAMBDA_LOG_LEVEL"].to_s.upcase) || DEBUG if @json
          # Deleted, so that no other process takes the descriptor for its own.
          descriptor = environment.delete("_LAMBDA_TELEMETRY_LOG_FD")
          @frames = Frames.open(descriptor) if descriptor
          LoggerPatch.install if @json || @frames
          redirect(environment)
        end

        # Connects this process's standard output and error with Lambda, which on Managed
        # Instances tells processes apart so. In each process that is forked.
        #
        # @param environment [Hash{String => String}]
        # @return [void]
        def redirect(environment = ENV)
          path = environment["_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET"] or return
          require "socket"
          [$stdout, $stderr].each { |stream| UNIXSocket.open(path) { |socket| stream.reopen(socket) && stream.sync = true } }
        rescue SystemCallError => e
          error("standard output was not connected to #{path}: #{e.message}")
        end

        # @param message [String]
        # @param context [#aws_request_id, nil] the invocation that it is about
        # @return [void]
        def warn(message, context = nil) = say(WARN, message, context)

        # @see .warn
        def error(message, context = nil) = say(ERROR, message, context)

        # @see .warn
        def fatal(message, context = nil) = say(FATAL, message, context)

        # @param failure [Failure]
        # @param context [#aws_request_id, nil]
        # @return [void]
        def failure(failure, context = nil)
          fields = { errorType: failure.type, errorMessage: failure.message, stackTrace: failure.stack_trace }
          return write(ERROR, record(ERROR, context, fields)) if json?

          fields = { requestId: context.aws_request_id, **fields } if context
          write(ERROR, JSON.generate(fields))
        end

        # A record as JSON, of one line.
        #
        # @param severity [Integer]
        # @param context [#aws_request_id, nil]
        # @param fields [Hash]
        # @return [String]
        def record(severity, context, fields, time = Time.now)
          require "json"
          record = { timestamp: time.utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ"), level: LEVELS.fetch(severity, "ANY"), **fields }
          record[:requestId] = context.aws_request_id if context
          JSON.generate(record)
        end

        # Writes a record, in one piece, or the lines of two threads would mix.
        #
        # @param severity [Integer]
        # @param text [String] without the line feed at its end
        # @return [void]
        def write(severity, text, to = $stderr)
          return if severity < threshold
          return @frames.write(severity, text, json: json?) if @frames

          to.write("#{text}\n")
        end

        private

        def say(severity, message, context)
          return write(severity, record(severity, context, { message: "lamby: #{message}" })) if json?

          about = "RequestId: #{context.aws_request_id} " if context
          write(severity, "[#{LEVELS[severity]}] #{about}lamby: #{message.gsub(/\r?\n/, "\r")}")
        end
      end
    end
  end
end
