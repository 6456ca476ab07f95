# frozen_string_literal: true

require "lamby/loopback"

module Lamby
  module Serve
    # Converts a request to the event that the integration sends, with the stage or the base path of the settings.
    class EventFactory
      # A request for which the integration does not invoke the function.
      class Refused < StandardError
        # @return [Symbol] one of {Outcome::KINDS}
        attr_reader :kind

        # @param kind [Symbol] one of {Outcome::KINDS}
        # @param message [String]
        def initialize(kind, message)
          super(message)
          @kind = kind
        end
      end

      # The domain of API Gateway's own URLs, which contain the stage.
      # https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
      DOMAIN = "local.execute-api.us-east-1.amazonaws.com"
      # The largest body, in bytes. A larger one does not fit into an event, and is refused before it is read into memory.
      # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      LIMIT = 6 * 1024 * 1024
      private_constant :DOMAIN, :LIMIT

      # @param settings [Settings]
      def initialize(settings)
        @settings = settings
        @integration = settings.integration
      end

      # @param env [Hash{String => Object}] a Rack env. Its body is read
      # @return [Array(String, HTTPRequest)] the event as JSON, and the request
      # @raise [Refused]
      def event(env)
        check_prefix(env)
        check_length(env)
        request = Loopback::Request.new(env)
        event = prefixed(request.event(@integration))
        too_large("the event has #{event.bytesize}") if request.too_large?(@integration, event)
        [event, HTTPRequest.new(env["REQUEST_METHOD"], request.url, request.headers, request.body, request.source_ip)]
      rescue InvalidEvent => e
        raise Refused.new(:invalid_request, e.message)
      end

      private

      def check_prefix(env)
        prefix = @settings.prefix
        path = env["PATH_INFO"]
        return if prefix.empty? || path == prefix || path.start_with?("#{prefix}/")

        what = @settings.stage ? "stage (--stage #{@settings.stage})" : "base path (--base-path #{prefix})"
        raise Refused.new(:not_found, "the URL does not begin with the #{what}: open #{prefix}/ in place of #{path}")
      end

      def check_length(env)
        length = env["CONTENT_LENGTH"].to_i
        too_large("the body has #{length}") if length > LIMIT
      end

      def too_large(what)
        limit = @integration.start_with?("alb") ? "a body of 1 MB" : "an event of 6 MB"
        raise Refused.new(:request_too_large, "#{what} bytes; #{@integration} accepts #{limit}")
      end

      # Adds the stage or the base path. ext/core/src/request/gateway_v1.rs has a table of the fields, and its sources.
      def prefixed(json)
        return without_stage(json) if @settings.prefix.empty?

        event = JSON.parse(json)
        context = event["requestContext"]
        case @integration
        when :http_api_v2 then http_api_v2(event, context)
        when :http_api_v1 then http_api_v1(event, context)
        when :rest_api then rest_api(event, context)
        end
        JSON.generate(event)
      end

      # At a custom domain without a base path, the URL does not contain the stage.
      def without_stage(json)
        return json unless @integration == :rest_api

        event = JSON.parse(json)
        event["requestContext"]["path"] = event["path"]
        JSON.generate(event)
      end

      def http_api_v2(event, context)
        if @settings.stage
          context.update("stage" => @settings.stage, "domainName" => DOMAIN)
        else
          # "rawPath won't provide the API mapping value":
          # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
          event["rawPath"] = inner(event["rawPath"])
        end
      end

      def http_api_v1(event, context)
        if @settings.stage
          context.update("stage" => @settings.stage, "domainName" => DOMAIN)
        else
          context["path"] = inner(context["path"])
        end
      end

      def rest_api(event, context)
        context["path"] = event["path"]
        if @settings.stage
          event["path"] = inner(event["path"])
          context.update("stage" => @settings.stage, "domainName" => DOMAIN)
        end
        event["pathParameters"] = { "proxy" => decode(inner(context["path"]).delete_prefix("/")) }
      end

      # Returns the path without the stage or the base path.
      def inner(path)
        rest = path.delete_prefix(@settings.prefix)
        rest.empty? ? "/" : rest
      end

      def decode(path)
        URI.decode_www_form_component(path.gsub("+", "%2B"))
      rescue ArgumentError
        path
      end
    end
  end
end
