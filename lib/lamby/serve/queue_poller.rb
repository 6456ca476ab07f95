# frozen_string_literal: true

require "json"

module Lamby
  module Serve
    # Polls a queue, and invokes the function with batches of its messages, as Lambda's event source mapping does. It
    # deletes the messages that the function has handled. The others become visible again, and the queue moves them to its
    # dead-letter queue when they were received too often.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    class QueuePoller
      # Seconds to wait after the queue did not respond.
      PAUSE = 2
      private_constant :PAUSE

      # @param client [QueueClient]
      # @param invoker [Invoker]
      # @param console [Console]
      # @param settings [Hash{Symbol => Object}, nil] see {Template#queue}. Without settings, a batch has up to 10 messages,
      #   and partial batch responses count
      def initialize(client, invoker, console, settings)
        @client = client
        @invoker = invoker
        @console = console
        @batch_size, @report_failures = (settings || { batch_size: 10, report_failures: true }).values_at(:batch_size, :report_failures)
      end

      # Polls in a thread, until {#stop}.
      #
      # @return [void]
      def start
        @thread = Thread.new { loop { poll } }
      end

      # @return [void]
      def stop = @thread&.kill

      private

      def poll
        messages = @client.receive(@batch_size)
        handle(messages) if messages.any?
      rescue QueueClient::Failed => e
        @console.warn("the queue #{@client.url}: #{e.message}")
        sleep PAUSE
      end

      def handle(messages)
        event = JSON.generate("Records" => messages.map { |message| record(message) })
        call, payload = @invoker.invoke(event, kind: :sqs, title: "sqs (#{messages.size} #{messages.size == 1 ? "message" : "messages"})")
        failed = call.outcome.response? ? failed_ids(payload, messages) : messages.map { |message| message["MessageId"] }
        handled = messages.reject { |message| failed.include?(message["MessageId"]) }
        @client.delete(handled.map { |message| message["ReceiptHandle"] })
        @console.warn("#{failed.size} of #{messages.size} messages failed: the queue delivers them again") if failed.any?
      end

      # Returns the ids of the messages that the function did not handle.
      # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
      def failed_ids(payload, messages)
        all = messages.map { |message| message["MessageId"] }
        response = parse(payload)
        return [] unless response.is_a?(Hash) && response.key?("batchItemFailures")
        return warn_of_failures unless @report_failures

        items = Array(response["batchItemFailures"])
        ids = items.map { |item| item.is_a?(Hash) ? item["itemIdentifier"] : nil }
        return ids if (ids - all).empty?

        @console.warn("batchItemFailures names #{(ids - all).first.inspect}, which is not a message of this batch: Lambda then regards the whole batch as failed")
        all
      end

      def warn_of_failures
        @console.warn("Lambda ignores batchItemFailures, because the template does not set FunctionResponseTypes: [ReportBatchItemFailures]")
        []
      end

      def parse(payload)
        JSON.parse(payload)
      rescue JSON::ParserError
        nil
      end

      # Returns a message as it is in the event.
      # https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
      def record(message)
        {
          "messageId" => message["MessageId"], "receiptHandle" => message["ReceiptHandle"], "body" => message["Body"],
          "attributes" => message["Attributes"] || {}, "messageAttributes" => attributes(message), "md5OfBody" => message["MD5OfBody"],
          "eventSource" => "aws:sqs", "eventSourceARN" => "arn:aws:sqs:us-east-1:123456789012:#{@client.url[%r{[^/]+\z}]}", "awsRegion" => "us-east-1"
        }
      end

      def attributes(message)
        (message["MessageAttributes"] || {}).transform_values do |value|
          {
            "stringValue" => value["StringValue"], "binaryValue" => value["BinaryValue"], "stringListValues" => [], "binaryListValues" => [],
            "dataType" => value["DataType"]
          }.compact
        end
      end
    end
  end
end
