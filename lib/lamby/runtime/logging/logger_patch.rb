# frozen_string_literal: true

require "json"
require "logger"

module Lamby
  module Runtime
    module Logging
      # Patches Ruby's Logger, and so Rails' loggers. If a logger writes to standard output or error, the patch makes it
      # use Lambda's format, level and file descriptor, which Lambda sets in environment variables.
      module LoggerPatch
        # Fields of a record that a message cannot set, because the message may be text from a client.
        OURS = %w[timestamp level requestId].freeze
        private_constant :OURS

        # A formatted record and its severity, which {Device} reads.
        class Record < String
          attr_accessor :severity
        end

        # The log device that replaces the logger's own device for standard output or error.
        class Device
          # @param stream [IO] standard output or standard error
          def initialize(stream)
            @stream = stream
          end

          # Writes a record to Lambda's log.
          #
          # @param record [String] with a line break at its end
          # @return [void]
          def write(record)
            severity = record.is_a?(Record) ? record.severity : LEVELS.size - 1
            Logging.write(severity, record.chomp, @stream)
          end

          # Does nothing, because standard output and error must stay open.
          def close; end
          # Does nothing, because standard output and error must stay open.
          def reopen(*) = self
        end

        # Patches ::Logger.
        #
        # @return [void]
        def self.install
          ::Logger.prepend(self)
        end

        # Replaces the device if it is standard output or standard error.
        def initialize(device = nil, *, **)
          super
          @logdev = Device.new(device) if device.is_a?(IO) && !device.closed? && [1, 2].include?(device.fileno)
        end

        # Skips messages below Lambda's level before they are formatted.
        def add(severity, ...)
          return true if @logdev.is_a?(Device) && (severity || ::Logger::UNKNOWN) < Logging.threshold

          super
        end

        private

        def format_message(level, time, progname, message)
          return super unless @logdev.is_a?(Device)

          severity = LEVELS.index(level) || (LEVELS.size - 1)
          text = Logging.json? ? json(severity, time, progname, message) { super } : super
          Record.new(text).tap { |record| record.severity = severity }
        end

        # Builds a record as JSON. The block returns the message, formatted by the application's formatter.
        def json(severity, time, progname, message)
          fields =
            case message
            when Exception then RecordFormat.error_fields(ErrorReport.new(message))
            when Hash then { message: message }
            else
              # Ruby's own formatter would repeat the record's fields in the message, so it is not called. If the
              # application has a formatter, such as Rails' formatter with tags, the formatter's result is the message.
              plain = @formatter.nil? || @formatter.instance_of?(::Logger::Formatter)
              text = (plain ? "#{@formatter.tags_text if @formatter.respond_to?(:tags_text)}#{message}" : yield).to_s.chomp
              own = json_object(text)
              return RecordFormat.json(severity, Context.current, own.except(*OURS), time) if own

              { message: text }
            end
          fields = { logger: progname, **fields } if progname
          RecordFormat.json(severity, Context.current, fields, time)
        rescue JSON::JSONError, EncodingError # Invalid UTF-8, or a Hash that contains itself.
          RecordFormat.json(severity, Context.current, { message: message.to_s.b.inspect }, time)
        end

        # Parses a message that is a JSON object. Its fields become fields of the record, such as `_aws`, which metrics
        # libraries use.
        def json_object(text)
          return unless text.start_with?("{") && text.end_with?("}")

          object = JSON.parse(text)
          object if object.is_a?(Hash)
        rescue JSON::ParserError, EncodingError
          nil
        end
      end
    end
  end
end
