# frozen_string_literal: true

require "json"
require "stringio"
require "lamby/native/status"
require "lamby/native/library"
require "lamby/native/request"
require "lamby/native/integrations"
require "lamby/native/description"
require "lamby/native/response"
require "lamby/native/prelude"

module Lamby
  # The methods of the native extension, by calls of liblamby through Ruby's foreign function interface (FFI). JRuby uses
  # them. The comments in ext/lamby/src describe the methods.
  #
  # Each event costs about twenty calls of Ruby methods more than with the native extension, and its bytes are copied once
  # more.
  module Native
    # The names of events that are not HTTP. ext/core/src/event/non_http.rs defines them.
    EVENT_KINDS = %i[
      sqs sns s3 event_bridge schedule dynamodb kinesis cloudwatch_logs ses cognito websocket_connect websocket_message
      websocket_disconnect authorizer lambda_at_edge direct
    ].freeze

    autoload :RuntimeClient, "lamby/native/runtime_client"
    autoload :InFlightLog, "lamby/native/in_flight_log"

    class << self
      # Reads an event, and makes an env that begins with the entries of the template.
      #
      # @return [Array(Hash, Symbol)] the env, and the integration that sent the event
      # @raise [InvalidEvent, UnhandledEvent]
      # rubocop:disable Metrics/ParameterLists -- those of the native extension
      def request(template, event, request_id, errors, finished, replied, lambda_event, context)
        request = Request.new(event.is_a?(String) ? event : generate(event), request_id)
        env = template.dup
        request.write_to(env)
        env["rack.input"] = StringIO.new(request.body)
        env["rack.errors"] = errors
        env["rack.response_finished"] = finished
        env["rack.after_reply"] = replied
        env["lambda.event"] = lambda_event
        env["lambda.context"] = context
        [env, request.integration]
      ensure
        request&.free
      end
      # rubocop:enable Metrics/ParameterLists

      # @return [String] the payload
      def response_json(...) = Response.json(...)

      # @return [Hash{Symbol => Object}] the payload, with Strings as the names of headers
      def response_hash(...) = JSON.parse(Response.json(...)).transform_keys!(&:to_sym)

      # Prepares a streamed response. The elements of the Array are those of the native extension. liblamby itself checks
      # the length of the body, and decodes a body in chunks, so the last two elements are nil.
      #
      # @return [Array(Prelude, Boolean, nil, nil), nil] nil if the integration does not accept a stream
      def response_prelude(integration, head_request, status, headers, _length)
        return unless Integrations.stream?(integration)

        status = Response.status(status)
        has_body = !(head_request || status < 200 || status == 204 || status == 304)
        [Prelude.new(Integrations.request(integration, head_request), status, Response.block(headers)), has_body, nil, nil]
      end

      # @return [String] the object and its class
      def describe(object) = Description.of(object)

      # @return [Array<Symbol>]
      def integrations = Integrations.names

      # @raise [Lamby::Error]
      def simulator_event(...) = raise(unsupported("the simulator of HTTP requests (lamby invoke, config.warm_up_path)"))
      alias simulator_response simulator_event

      # Does nothing: the Java virtual machine, not the C library's allocator, manages the memory of large events.
      #
      # @return [void]
      def keep_freed_memory; end

      # Does nothing: a Java virtual machine has its own copy of the environment.
      #
      # @return [false]
      def export_trace_id(_id) = false

      # @raise [Lamby::Error] if `on` is true
      def stage_as_script_name=(on)
        raise unsupported("config.stage_as_script_name") if on
      end

      # @param what [String]
      # @param exception [Class]
      # @return [Lamby::Error] the exception for something that only the native extension can do
      def unsupported(what, exception = Error)
        exception.new("#{RUBY_ENGINE} cannot run #{what}, because it needs Lamby's native extension; run it with CRuby")
      end

      private

      def generate(event)
        JSON.generate(event)
      rescue JSON::JSONError, EncodingError => e
        raise InvalidEvent, "the event cannot be written as JSON: #{e.message}"
      end
    end
  end
end
