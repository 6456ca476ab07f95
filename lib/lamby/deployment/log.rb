# frozen_string_literal: true

module Lamby
  module Deployment
    # The function's log in CloudWatch.
    class Log
      # A record of an error: of the application, of Lamby, or of Lambda itself. CloudWatch gets the same expression, and
      # refuses parentheses, colons and spaces in it.
      # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
      ERROR = /Error|Exception|ERROR|FATAL|Task\stimed\sout|Runtime\sexited|Status.\serror|Status.\stimeout/
      ERROR_PATTERN = "%#{ERROR.source}%".freeze
      # CloudWatch shows a record some seconds after the function has written it, and records of several environments in
      # any order. So each poll reads again what the last seconds have brought.
      OVERLAP = 30_000
      private_constant :ERROR_PATTERN, :OVERLAP

      # @param stack [Stack]
      # @param since [Time] the oldest record
      # @param request [String, nil] only the records of this request
      # @param errors [Boolean] only the errors
      def initialize(stack, since:, request: nil, errors: false)
        @stack = stack
        @start = (since.to_f * 1000).to_i
        @request = request
        @errors = errors
        @seen = {}
      end

      # Reads the records that it has not returned yet.
      #
      # @return [Array<Hash>] "timestamp" in milliseconds since 1970, "message", "logStreamName", "eventId"
      # @raise [Failure] if there is no log group
      def read
        records = fetch.reject { |record| @seen.key?(record["eventId"]) }
        records.each { |record| @seen[record["eventId"]] = record["timestamp"] }
        @start = [@start, @seen.values.max.to_i - OVERLAP].max
        @seen.delete_if { |_id, timestamp| timestamp < @start }
        records.select! { |record| ERROR.match?(record["message"]) } if @errors
        records.sort_by.with_index { |record, index| [record["timestamp"], index] }
      end

      private

      def fetch
        pattern = @request ? "\"#{@request}\"" : (ERROR_PATTERN if @errors)
        result = @stack.aws.find("logs", "filter-log-events", "--log-group-name", @stack.log_group, "--start-time", @start.to_s,
                                 *(["--filter-pattern", pattern] if pattern))
        return result.fetch("events") if result

        raise Failure.new(:missing, "there is no log group #{@stack.log_group}: " \
                                    "Lambda makes it when the function first runs, so send a request")
      end
    end
  end
end
