# frozen_string_literal: true

module Lamby
  # A batch of records, of which some may fail.
  # @see Lamby.each_record
  class Batch
    # Where a record says what it is called, by its source.
    IDENTIFIERS = {
      "aws:sqs" => ["messageId"],
      "aws:kinesis" => %w[kinesis sequenceNumber],
      "aws:dynamodb" => %w[dynamodb SequenceNumber]
    }.freeze
    private_constant :IDENTIFIERS

    # @param event [Hash, Lamby::Event, String] the event, or its JSON bytes
    # @raise [ArgumentError] the event is not a batch
    def initialize(event)
      event = Event.wrap(event)
      @records = event["Records"] if event.respond_to?(:to_hash)
      return if @records.is_a?(Array) && @records.empty? # As the last one of a window of time may be.

      first = @records.first if @records.is_a?(Array)
      @identifier = IDENTIFIERS[first["eventSource"]] if first.is_a?(Hash)
      raise ArgumentError, "the event is no batch of SQS, Kinesis or DynamoDB" unless @identifier

      # "If you're using this feature with a FIFO queue, your function should stop processing
      # messages after the first failure and return all failed and unprocessed messages."
      @fifo = first["eventSourceARN"].to_s.end_with?(".fifo")
      @stream = first["eventSource"] != "aws:sqs"
    end

    # @yieldparam record [Hash]
    # @return [Hash{String => Array}]
    def each
      raise ArgumentError, "each_record takes a block" unless block_given?

      failed = []
      @records.each_with_index do |record, index|
        yield record
      rescue StandardError => e
        failed.concat(@fifo ? @records.drop(index) : [record])
        log(record, e)
        # Lambda begins anew at the record of a stream that failed, so that the rest would be done twice.
        break if @fifo || @stream
      end
      { "batchItemFailures" => failed.map { |record| { "itemIdentifier" => identifier(record) } } }
    end

    private

    def log(record, error)
      Runtime::Log.exception(error, "#{identifier(record)} failed")
    end

    # Returns nil for a malformed record: Lambda then retries the whole batch.
    def identifier(record)
      record.dig(*@identifier)
    rescue TypeError, NoMethodError
      nil
    end
  end
end
