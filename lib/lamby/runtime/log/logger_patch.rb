# frozen_string_literal: true

require "json"
require "logger"

module Lamby
  module Runtime
    module Log
      # Ruby's Logger, and with it those of Rails, where it writes to standard output or
      # error: in the form, from the level, and to the place that Lambda wants.
      module LoggerPatch
        # Fields that a message cannot set, because it may be a client's text.
        OURS = %w[timestamp level requestId].freeze
        private_constant :OURS

        # A record on its way to the device.
        class Record < String
          attr_accessor :severity
        end

        # What stands for standard output or error.
        class Device
          def initialize(stream)
            @stream = stream
          end

          def write(record)
            severity = record.is_a?(Record) ? record.severity : LEVELS.size - 1
            Log.write(severity, record.chomp, @stream)
          end

          # It is not the logger's to close.
          def close; end
          def reopen(*) = self
        end

        # @return [void]
        def self.install
          ::Logger.prepend(self)
        end

        def initialize(device = nil, *, **)
          super
          @logdev = Device.new(device) if device.is_a?(IO) && !device.closed? && [1, 2].include?(device.fileno)
        end

        # Below Lambda's level nothing is even formatted.
        def add(severity, ...)
          return true if @logdev.is_a?(Device) && (severity || ::Logger::UNKNOWN) < Log.threshold

          super
        end

        private

        def format_message(level, time, progname, message)
          return super unless @logdev.is_a?(Device)

          severity = LEVELS.index(level) || (LEVELS.size - 1)
          text = Log.json? ? json(severity, time, progname, message) { super } : super
          Record.new(text).tap { |record| record.severity = severity }
        end

        def json(severity, time, progname, message)
          fields =
            case message
            when Exception then Log.describe(Failure.new(message))
            when Hash then { message: message }
            else
              # Ruby's own form says again what the record says; an application's, as that of
              # Rails with its tags, is the message.
              plain = @formatter.nil? || @formatter.instance_of?(::Logger::Formatter)
              text = (plain ? "#{@formatter.tags_text if @formatter.respond_to?(:tags_text)}#{message}" : yield).to_s.chomp
              own = json_object(text)
              return Log.record(severity, Context.current, own.except(*OURS), time) if own

              { message: text }
            end
          fields = { logger: progname, **fields } if progname
          Log.record(severity, Context.current, fields, time)
        rescue JSON::JSONError, EncodingError # Bytes that are no text, or a Hash that contains itself.
          Log.record(severity, Context.current, { message: message.to_s.b.inspect }, time)
        end

        # Parses a message that is a JSON object. Its fields become fields of the record, such as `_aws`, with which
        # metrics libraries log metrics.
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
