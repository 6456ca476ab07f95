# frozen_string_literal: true

require "uri"

module Lamby
  module Serve
    # The settings of `lamby serve`.
    class Settings
      # A setting that has a wrong value.
      class Wrong < StandardError; end

      # The integrations that can stream a response.
      # https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
      STREAMING = %i[function_url rest_api].freeze
      # The integrations of API Gateway, which have stages and base paths.
      GATEWAYS = %i[http_api_v2 http_api_v1 rest_api].freeze
      # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      RANGES = { timeout: 1..900, memory: 128..10_240, port: 0..65_535, concurrency: 1..1000 }.freeze
      # A stage of API Gateway: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html
      STAGE = /\A[A-Za-z0-9_-]{1,128}\z/
      # The path of an API mapping: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
      BASE_PATH = %r{\A(?:/[A-Za-z0-9$\-_.+!*'()]+)+\z}
      private_constant :RANGES, :STAGE, :BASE_PATH

      # The default values.
      DEFAULTS = {
        handler: "config/environment.Lamby.cmd", integration: :function_url, stage: nil, base_path: nil, streaming: false,
        concurrency: nil, timeout: 30, memory: 1792, port: 3000, bind: "127.0.0.1", hosts: [], freeze: false, reload: true,
        queue: nil
      }.freeze

      # @return [String] the application's folder
      attr_reader :folder
      # @return [String] the function's handler
      attr_reader :handler
      # @return [Symbol] the integration's name
      attr_reader :integration
      # @return [String, nil] the stage that URLs begin with
      attr_reader :stage
      # @return [String, nil] the base path of a custom domain, such as "/shop"
      attr_reader :base_path
      # @return [Integer, nil] how many requests are handled at the same time; nil if further requests wait
      attr_reader :concurrency
      # @return [Integer] the function's timeout, in seconds
      attr_reader :timeout
      # @return [Integer] the function's memory, in megabytes
      attr_reader :memory
      # @return [Integer] the port; 0 for any free port
      attr_reader :port
      # @return [String] the address on which the server listens
      attr_reader :bind
      # @return [String, nil] the URL of the queue to poll
      attr_reader :queue
      # @return [Array<String>] names of hosts that requests may name, in addition to this machine's own
      attr_reader :hosts

      # @param values [Hash{Symbol => Object}] values other than those of {DEFAULTS}
      # @raise [Wrong] if a value is wrong, or two values exclude each other
      def initialize(**values)
        DEFAULTS.merge(values).each { |name, value| instance_variable_set(:"@#{name}", value) }
        # If the folder is deleted and made again, as some tools do, a relative path would still mean the old one.
        @folder = Dir.pwd
        check
      end

      # @return [Boolean] whether the integration streams responses
      def streaming? = @streaming

      # @return [Boolean] whether the child process is stopped between invocations
      def freeze? = @freeze

      # @return [Boolean] whether changed files restart the child process
      def reload? = @reload

      # @return [String] what each URL begins with, such as "/prod"
      def prefix = stage ? "/#{stage}" : base_path.to_s

      # @return [Integer] how many execution environments run at the same time
      def environments = concurrency || 1

      # @return [String] a line for the terminal, such as "rest_api, stage prod, streaming"
      def description
        parts = [integration, ("stage #{stage}" if stage), ("base path #{base_path}" if base_path), ("streaming" if streaming?)]
        parts.compact.join(", ")
      end

      private

      def check
        wrong("there is no integration #{integration.inspect}; the integrations are #{list(Simulator.integrations)}") unless known?
        RANGES.each { |name, range| check_range(name, range) }
        wrong("#{integration} does not stream responses; these integrations do: #{list(STREAMING)}") if streaming? && !STREAMING.include?(integration)
        check_prefix
        check_queue if queue
      end

      def known? = Simulator.integrations.include?(integration)

      def check_range(name, range)
        value = instance_variable_get(:"@#{name}")
        return if range.cover?(value) || (name == :concurrency && value.nil?)

        wrong("--#{name} is #{value}, and has to be a number from #{range.min} to #{range.max}")
      end

      def check_prefix
        return unless stage || base_path

        wrong("#{integration} has neither stages nor base paths; these integrations have: #{list(GATEWAYS)}") unless GATEWAYS.include?(integration)
        wrong("leave out --stage or --base-path: at a custom domain, URLs do not contain the stage") if stage && base_path
        wrong("--stage is #{stage.inspect}, and may have only letters, digits, - and _") if stage && !STAGE.match?(stage)
        wrong("--base-path is #{base_path.inspect}, and has to begin with a slash and end without one, such as /shop") if base_path && !BASE_PATH.match?(base_path)
      end

      def check_queue
        uri = URI(queue)
        wrong("--queue is #{queue.inspect}, and has to be the URL of a queue, such as http://localhost:9324/000000000000/orders") unless uri.is_a?(URI::HTTP) && uri.host
        wrong("--queue is a queue of AWS; use one on this machine, such as ElasticMQ's or moto's") if uri.host.end_with?(".amazonaws.com")
      rescue URI::InvalidURIError
        wrong("--queue is #{queue.inspect}, which is not a URL")
      end

      def list(names) = names.join(", ")

      def wrong(message) = raise(Wrong, message)
    end
  end
end
