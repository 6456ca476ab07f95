# frozen_string_literal: true

module Lamby
  # Simulates Lambda's integrations on this machine. It converts an HTTP request to an event, and a payload to an HTTP
  # response. For each kind of event that is not HTTP, it has a sample. `lamby invoke`, the request for
  # {Config#warm_up_path} and the specs use it.
  module Simulator
    # The HTTP response that a client gets.
    #
    # @!attribute status
    #   @return [Integer]
    # @!attribute headers
    #   @return [Array<Array(String, String)>] names and values; a name can occur several times
    # @!attribute body
    #   @return [String] bytes
    Response = Struct.new(:status, :headers, :body) do
      # @param name [String] the header's name in lower case
      # @return [String, nil] the first value of a header
      def [](name)
        values(name).first
      end

      # @param name [String] the header's name in lower case
      # @return [Array<String>] all values of a header
      def values(name)
        headers.filter_map { |key, value| value if key == name }
      end
    end

    # An invocation's context, with the same fields as AWS's context.
    Context = Struct.new(
      :aws_request_id, :function_name, :function_version, :invoked_function_arn, :memory_limit_in_mb,
      :log_group_name, :log_stream_name, :deadline_ms, :identity, :client_context, keyword_init: true
    ) do
      # @return [Integer] milliseconds until the function times out
      def get_remaining_time_in_millis # rubocop:disable Naming/AccessorMethodName -- AWS's name
        [deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
      end
    end

    class << self
      # @return [Array<Symbol>] the names of all integrations
      def integrations
        Native.integrations
      end

      # Returns the event that an integration would send for a request.
      #
      # @param integration [Symbol] one of {integrations}
      # @param method [String] the method, such as "GET"
      # @param url [String] the URL, such as "https://example.com/orders?page=2"
      # @param headers [Hash{String => String, Array<String>}]
      # @param body [String]
      # @param source_ip [String] the client's address
      # @param time_epoch [Integer] time of the request, in milliseconds since 1970
      # @return [String] JSON
      # @raise [InvalidEvent] if the integration is unknown, or the method, the URL or a header is malformed
      def event(integration, method: "GET", url: "https://example.com/", headers: {}, body: "",
                source_ip: "127.0.0.1", time_epoch: Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond))
        Native.simulator_event(integration, method, url, headers, body, source_ip, time_epoch)
      end

      # Returns a sample of an event that is not HTTP, with the fields of the sample in AWS's documentation.
      #
      # @param kind [Symbol] one of {Config::EVENT_KINDS}. The sample of `:direct` names a task, and the sample of
      #   `:unknown` is a batch of Apache Kafka
      # @return [String] JSON
      # @raise [ArgumentError] if there is no such kind
      # @example
      #   Lamby.cmd(event: Lamby::Simulator.sample(:sqs), context: Lamby::Simulator.context)
      def sample(kind)
        kinds = Config::EVENT_KINDS
        raise ArgumentError, "there is no sample of #{kind.inspect}; the kinds are #{kinds.join(", ")}" unless kinds.include?(kind)

        File.read(File.expand_path("simulator/samples/#{kind}.json", __dir__), encoding: "UTF-8")
      end

      # Returns the HTTP response that an integration would send for a payload.
      #
      # @param integration [Symbol] one of {integrations}
      # @param payload [String] JSON
      # @return [Response]
      # @raise [InvalidResponse] if the integration would respond with 502
      def answer(integration, payload)
        Response.new(*Native.simulator_response(integration, payload))
      end

      # Returns the context of a new invocation.
      #
      # @param seconds [Integer] the function's timeout
      # @return [Context]
      def context(seconds: 30)
        require "securerandom"
        Context.new(
          aws_request_id: SecureRandom.uuid, function_name: "local", function_version: "$LATEST",
          invoked_function_arn: "arn:aws:lambda:us-east-1:123456789012:function:local", memory_limit_in_mb: "1792",
          log_group_name: "/aws/lambda/local", log_stream_name: "local",
          deadline_ms: Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + (seconds * 1000)
        )
      end
    end
  end
end
