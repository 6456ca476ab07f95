# frozen_string_literal: true

require "json"

module Lamby
  module CLI
    # Formats a record of the function's log for a reader.
    class LogRecord
      # Lambda's own records.
      PLATFORM = /\A(?:START|END|REPORT|INIT_START|INIT_REPORT|RESTORE_START|RESTORE_REPORT|EXTENSION|XRAY) /
      # Fields that the first line of a JSON record shows.
      SHOWN = %w[timestamp level message requestId].freeze
      private_constant :PLATFORM, :SHOWN

      # @param record [Hash] see {Deployment::Log#read}
      # @param terminal [Terminal]
      def initialize(record, terminal)
        @record = record
        @terminal = terminal
      end

      # @return [String] time and message. Lamby separates the lines of a record with carriage returns
      def to_s
        time = Time.at(@record["timestamp"] / 1000.0).strftime("%F %T")
        "#{@terminal.color(time, :gray)} #{@terminal.color(message.gsub(/\r\n?/, "\n").rstrip.gsub("\n", "\n    "), color)}"
      end

      private

      # Returns a JSON record as text: level, message, and the other fields.
      def message
        fields = JSON.parse(@record["message"])
        return @record["message"] unless fields.is_a?(Hash) && fields["level"]

        others = fields.except(*SHOWN).map { |name, value| "\n#{name}: #{value.is_a?(Array) ? value.join("\n  ") : value}" }
        "[#{fields["level"]}] #{"#{fields["requestId"]} " if fields["requestId"]}#{fields["message"]}#{others.join}"
      rescue JSON::ParserError
        @record["message"]
      end

      def color
        return :red if Deployment::Log::ERROR.match?(@record["message"])

        :gray if PLATFORM.match?(@record["message"])
      end
    end
  end
end
