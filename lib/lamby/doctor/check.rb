# frozen_string_literal: true

module Lamby
  module Doctor
    # One check. Its subclasses define `title` and `results`.
    class Check
      # What a check has found.
      #
      # @!attribute check
      #   @return [String] the check's title
      # @!attribute status
      #   @return [Symbol] `:ok`, `:warning`, `:error` or `:skipped`
      # @!attribute message
      #   @return [String]
      # @!attribute remedy
      #   @return [String, nil] what to do, for a warning or an error
      Result = Struct.new(:check, :status, :message, :remedy, keyword_init: true)

      # @param surroundings [Surroundings]
      def initialize(surroundings)
        @surroundings = surroundings
      end

      # Runs the check. An exception is an error of the check, so that the other checks run, too.
      #
      # @return [Array<Result>]
      def call
        [results].flatten.compact
      rescue Deployment::Failure => e
        [error(e.message)]
      rescue StandardError => e
        [error("the check failed: #{e.class}: #{e.message} (#{e.backtrace&.first})", "open an issue with this message")]
      end

      private

      attr_reader :surroundings

      def ok(message) = result(:ok, message)
      def warning(message, remedy) = result(:warning, message, remedy)
      def error(message, remedy = nil) = result(:error, message, remedy)
      def skipped(message) = result(:skipped, message)

      def result(status, message, remedy = nil)
        Result.new(check: title, status: status, message: message, remedy: remedy)
      end

      def program(*command) = surroundings.program(*command)

      def too_slow(command)
        "\"#{command}\" did not end within #{surroundings.limit} s"
      end
    end
  end
end
