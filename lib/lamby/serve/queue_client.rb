# frozen_string_literal: true

require "json"
require "net/http"
require "uri"

module Lamby
  module Serve
    # Receives and deletes messages of a queue on this machine: a server that is compatible with Amazon SQS, such as
    # ElasticMQ, LocalStack or moto. It does not sign its requests, which such servers do not require.
    #
    # @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
    class QueueClient
      # The longest wait for messages that SQS allows, in seconds.
      WAIT = 20
      # Some servers read the service's name from this header. They do not check the signature.
      AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"
      private_constant :WAIT, :AUTHORIZATION

      # The server did not respond, or refused the request.
      class Failed < StandardError; end

      # @return [String]
      attr_reader :url

      # @param url [String] the queue's URL
      def initialize(url)
        @url = url
        @uri = URI(url)
      end

      # Waits for messages.
      #
      # @param most [Integer] the most messages: 1 to 10
      # @return [Array<Hash>] the messages
      # @raise [Failed]
      def receive(most)
        request = {
          "MaxNumberOfMessages" => most.clamp(1, 10), "WaitTimeSeconds" => WAIT, "MessageAttributeNames" => ["All"],
          "AttributeNames" => ["All"], "MessageSystemAttributeNames" => ["All"]
        }
        Array(call("ReceiveMessage", request)["Messages"])
      end

      # Deletes messages.
      #
      # @param receipts [Array<String>] the handles of the messages
      # @return [void]
      # @raise [Failed]
      def delete(receipts)
        receipts.each_slice(10) do |some|
          entries = some.each_with_index.map { |receipt, index| { "Id" => index.to_s, "ReceiptHandle" => receipt } }
          failed = Array(call("DeleteMessageBatch", "Entries" => entries)["Failed"])
          raise Failed, "#{failed.size} messages could not be deleted: #{failed.first["Message"]}" if failed.any?
        end
      end

      private

      def call(operation, request)
        body = JSON.generate({ "QueueUrl" => url }.merge(request))
        headers = { "content-type" => "application/x-amz-json-1.0", "x-amz-target" => "AmazonSQS.#{operation}", "authorization" => AUTHORIZATION }
        response = connection.post("/", body, headers)
        raise Failed, "#{operation}: status #{response.code}: #{response.body.to_s[0, 300]}" unless response.is_a?(Net::HTTPSuccess)

        response.body.to_s.empty? ? {} : JSON.parse(response.body)
      rescue SystemCallError, IOError, Timeout::Error, SocketError, JSON::ParserError => e
        raise Failed, "#{operation}: #{e.message}"
      end

      def connection
        Net::HTTP.new(@uri.host, @uri.port).tap do |http|
          http.use_ssl = @uri.scheme == "https"
          http.open_timeout = 5
          http.read_timeout = WAIT + 10
        end
      end
    end
  end
end
