# frozen_string_literal: true

module Lamby
  module EventSources
    # A batch of records, some of which may fail.
    # @see Lamby.each_record
    class Batch
      # The path to a record's identifier, for each source.
      IDENTIFIERS = {
        "aws:sqs" => ["messageId"],
        "aws:kinesis" => %w[kinesis sequenceNumber],
        "aws:dynamodb" => %w[dynamodb SequenceNumber]
      }.freeze
      private_constant :IDENTIFIERS

      # @param event [Hash, Lamby::Event, String] the event, or its JSON bytes
      # @raise [ArgumentError] if the event is not a batch
      def initialize(event)
        event = Event.wrap(event)
        @records = event["Records"] if event.respond_to?(:to_hash)
        return if @records.is_a?(Array) && @records.empty? # The last event of a tumbling window may have no records.

        first = @records.first if @records.is_a?(Array)
        @identifier = IDENTIFIERS[first["eventSource"]] if first.is_a?(Hash)
        raise ArgumentError, "the event is not a batch of SQS, Kinesis or DynamoDB records" unless @identifier

        # AWS writes about partial batch responses: "If you're using this feature with a FIFO queue, your function
        # should stop processing messages after the first failure and return all failed and unprocessed messages."
        # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        @fifo = first["eventSourceARN"].to_s.end_with?(".fifo")
        @stream = first["eventSource"] != "aws:sqs"
      end

      # Calls the block for each record.
      #
      # @yieldparam record [Hash]
      # @return [Hash{String => Array}] see {Lamby.each_record}
      def each
        raise ArgumentError, "each_record takes a block" unless block_given?

        failed = []
        @records.each_with_index do |record, index|
          yield record
        rescue StandardError => e
          failed.concat(@fifo ? @records.drop(index) : [record])
          log(record, e)
          # Lambda retries a stream from its first failed record on. If this loop went on, the block would be called
          # twice for the records after the failed one.
          break if @fifo || @stream
        end
        { "batchItemFailures" => failed.map { |record| { "itemIdentifier" => identifier(record) } } }
      end

      private

      def log(record, error)
        Runtime::Logging.exception(error, "#{identifier(record)} failed")
      end

      # Returns a record's identifier, or nil for a malformed record. With nil, Lambda retries the whole batch.
      def identifier(record)
        record.dig(*@identifier)
      rescue TypeError, NoMethodError
        nil
      end
    end
  end
end
