# frozen_string_literal: true

module Lamby
  module Runtime
    # What the runtime itself has to say: a line of standard error each, which Lambda puts
    # into the function's log.
    module Log
      class << self
        # @param message [String]
        # @param context [Context, nil] the invocation that it is about
        # @return [void]
        def warn(message, context = nil) = write("WARN", message, context)

        # @see .warn
        def error(message, context = nil) = write("ERROR", message, context)

        # @see .warn
        def fatal(message, context = nil) = write("FATAL", message, context)

        # @param failure [Failure]
        # @param context [#aws_request_id, nil]
        # @return [void]
        def failure(failure, context = nil)
          record = { errorType: failure.type, errorMessage: failure.message, stackTrace: failure.stack_trace }
          record = { requestId: context.aws_request_id, **record } if context
          line(JSON.generate(record))
        end

        private

        def write(level, message, context)
          line("[#{level}] #{"RequestId: #{context.aws_request_id} " if context}lamby: #{message}")
        end

        # In one piece, or the lines of two threads would mix; a record is one line.
        def line(text)
          $stderr.write("#{text.gsub(/\r?\n/, "\r")}\n")
        end
      end
    end
  end
end
