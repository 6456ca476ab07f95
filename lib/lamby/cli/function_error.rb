# frozen_string_literal: true

require "json"

module Lamby
  module CLI
    # Describes the error of a deployed function, as {ErrorSummary} describes an exception.
    class FunctionError
      # The application's folder in the image.
      FOLDER = "/var/task/"
      # The type of an exception's error, as Lamby's runtime and as AWS's runtime client write it.
      TYPE = /\AFunction(?:\.(.+)|<(.+)>)\z/
      private_constant :FOLDER, :TYPE

      # @param payload [String] the JSON with which Lambda describes the error
      def initialize(payload)
        @error = JSON.parse(payload)
        @error = { "errorMessage" => payload } unless @error.is_a?(Hash)
      rescue JSON::ParserError
        @error = { "errorMessage" => payload }
      end

      # @return [String] the error's type, and the first line of its message
      def message
        lines = text.lines(chomp: true).reject { |line| line.strip.empty? }
        first = "#{lines.first}#{" …" if lines.size > 1}"
        [type, first].compact.reject(&:empty?).uniq.join(": ")
      end

      # @return [Array<String>] the lines of the message after the first one
      def details = text.lines(chomp: true).drop(1)

      # @return [String, nil] the first line of the application's own code in the backtrace
      def place
        backtrace.find { |line| !line.start_with?("/", "<", "(") && !"/#{line}".match?(ErrorSummary::GEMS) }
      end

      # @return [Array<String>]
      def backtrace
        Array(@error["stackTrace"]).map { |line| line.to_s.delete_prefix(FOLDER) }
      end

      # @return [String, nil] the exception's class, or Lambda's own name of the error
      def type
        type = @error["errorType"]&.to_s
        type&.match(TYPE)&.captures&.compact&.first || type
      end

      private

      def text = @error["errorMessage"].to_s
    end
  end
end
