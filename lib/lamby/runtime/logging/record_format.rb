# frozen_string_literal: true

require "lamby/runtime/plain_json"
require "lamby/runtime/text"

module Lamby
  module Runtime
    module Logging
      # Builds records, as JSON or as text. Text from a client cannot forge a second record, because no field can end
      # the record that contains it.
      #
      # @api private
      module RecordFormat
        # Longest message in a record that Lamby itself writes, in bytes. CloudWatch limits the size of a log event: to
        # 256 KB until 2025, and to 1 MB since then. A longer record is split, and a client's text could then begin the
        # second part. This constant is much smaller, because JSON may need six bytes for one byte of the message.
        LONGEST_MESSAGE = 8 * 1024
        # The control characters that text records escape: all except tab and line breaks. An ESC, for example, could
        # change what a terminal shows.
        CONTROL = /[[:cntrl:]&&[^\t\r\n]]/
        private_constant :LONGEST_MESSAGE, :CONTROL

        class << self
          # Builds a record of the application as JSON, on one line: a line break within a field becomes `\n`.
          #
          # @param severity [Integer] one of Logger's severities
          # @param context [#aws_request_id, nil]
          # @param fields [Hash] values of any class that JSON.generate takes
          # @param time [Time]
          # @return [String]
          # @raise [JSON::JSONError, EncodingError] if a field cannot be written as JSON
          def json(severity, context, fields, time)
            require "json"
            JSON.generate(complete(severity, context, fields, time))
          end

          # Builds a record of Lamby as JSON. Does not call JSON.generate, because an application may have replaced it.
          #
          # @param severity [Integer] one of Logger's severities
          # @param context [#aws_request_id, nil]
          # @param fields [Hash{Symbol => Object}] values that {PlainJSON} takes
          # @return [String]
          def plain_json(severity, context, fields)
            PlainJSON.generate(complete(severity, context, fields, Time.now))
          end

          # Builds a record of Lamby as text. A line feed would end a text record, so it is replaced.
          #
          # @param severity [Integer] one of Logger's severities
          # @param context [#aws_request_id, nil]
          # @param message [String]
          # @param line_break [String] the text that replaces a line break
          # @return [String]
          def text(severity, context, message, line_break)
            text = "[#{LEVELS[severity]}] #{prefix(request_id(context))}lamby: #{message}"
            Text.utf8(text).gsub(/\r\n?|\n/, line_break).gsub(CONTROL) { |character| character.dump[1..-2] }
          end

          # Builds a record for an error that could not be described. Calls neither the application nor a JSON library.
          #
          # @param context [#aws_request_id, nil]
          # @param json [Boolean] whether records are JSON
          # @return [String]
          def last_resort(context, json:)
            message = "lamby: an error could not be described"
            id = request_id(context).to_s[/\A[\w-]+\z/]
            return "[ERROR] #{prefix(id)}#{message}" unless json

            %({"timestamp":"#{timestamp(Time.now)}","level":"ERROR","message":"#{message}"#{%(,"requestId":"#{id}") if id}})
          end

          # Describes an exception in the fields of a record.
          #
          # @param error_report [ErrorReport]
          # @param type [String] the exception's class, or its error type for Lambda
          # @return [Hash{Symbol => Object}]
          def error_fields(error_report, type: error_report.class_name)
            { errorType: type, errorMessage: shorten(error_report.message), stackTrace: error_report.stack_trace }
          end

          # Describes an exception in lines of text.
          #
          # @param fields [Hash] the fields that {error_fields} returns
          # @return [String]
          def error_lines(fields)
            ["#{fields[:errorType]}: #{fields[:errorMessage]}", *fields[:stackTrace].map { |frame| "    #{frame}" }].join("\n")
          end

          # @param text [#to_s]
          # @return [String] valid UTF-8 of limited length
          def shorten(text)
            text = Text.utf8(text)
            text.bytesize <= LONGEST_MESSAGE ? text : "#{Text.cut(text, LONGEST_MESSAGE)}… (shortened)"
          end

          # @param context [Object] the invocation's context, from any runtime client
          # @return [String, nil] the request id; nil if the context has none
          def request_id(context)
            context.aws_request_id if context.respond_to?(:aws_request_id)
          end

          private

          def complete(severity, context, fields, time)
            id = request_id(context)
            fields = { timestamp: timestamp(time), level: LEVELS.fetch(severity, "ANY"), **fields }
            id ? { **fields, requestId: id } : fields
          end

          def prefix(request_id)
            "RequestId: #{request_id} " if request_id
          end

          def timestamp(time)
            time.getutc.strftime("%Y-%m-%dT%H:%M:%S.%LZ")
          end
        end
      end
    end
  end
end
