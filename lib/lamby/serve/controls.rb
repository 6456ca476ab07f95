# frozen_string_literal: true

require "rack/mock"

module Lamby
  module Serve
    # Sends the invocations that a user starts in the inspector.
    class Controls
      # @param settings [Settings]
      # @param invoker [Invoker]
      # @param front [Front] handles requests
      # @param console [Console]
      def initialize(settings, invoker, front, console)
        @settings = settings
        @invoker = invoker
        @front = front
        @console = console
      end

      # Sends an event to the function. Does not wait for the outcome.
      #
      # @param event [String] JSON
      # @param kind [Symbol] `:http`, or one of {Config::EVENT_KINDS}
      # @return [String] the request id
      # @raise [InvalidEvent] if the event is not JSON
      def replay(event, kind)
        JSON.parse(event)
        integration = @settings.integration if kind == :http
        call = @invoker.start(event, kind: kind, title: title(event, kind), integration: integration)
        Thread.new { @invoker.complete(call) }
        call.id
      rescue JSON::ParserError => e
        raise InvalidEvent, "the event is not JSON: #{e.message.lines.first.to_s[0, 200]}"
      end

      # Sends a request through the integration. Does not wait for the response.
      #
      # @param method [String]
      # @param url [String]
      # @param headers [Hash{String => Array<String>}]
      # @param body [String] bytes
      # @return [String] the request id
      # @raise [InvalidEvent] if the URL or the method is malformed
      def send_http(method, url, headers, body)
        id = SecureRandom.uuid
        env = ::Rack::MockRequest.env_for(url, method: method, input: body)
        headers.each do |name, values|
          key = name.upcase.tr("-", "_")
          key = "HTTP_#{key}" unless %w[CONTENT_TYPE CONTENT_LENGTH].include?(key)
          env[key] = values.join(key == "HTTP_COOKIE" ? "; " : ", ")
        end
        env["CONTENT_LENGTH"] = body.bytesize.to_s unless body.empty?
        env["REMOTE_ADDR"] ||= "127.0.0.1"
        Thread.new { discard(@front.invoke(env, id: id)) }
        id
      rescue URI::InvalidURIError => e
        raise InvalidEvent, "the URL is malformed: #{e.message}"
      end

      # Reads the template, which may have changed.
      #
      # @return [Array<Hash>] see {Template#schedules}
      def schedules
        Template.of(@settings.folder).schedules
      rescue Template::Malformed => e
        @console.warn(e.message)
        []
      end

      # @return [Array<String>] the names of sample events
      def samples = [*Simulator.integrations, *Config::EVENT_KINDS].map(&:to_s)

      private

      # Returns the request of an HTTP event, or the kind of another event.
      def title(event, kind)
        return kind.to_s unless kind == :http

        fields = JSON.parse(event)
        http = fields.dig("requestContext", "http")
        method = http.is_a?(Hash) ? http["method"] : fields["httpMethod"] || fields["method"]
        "#{method} #{fields["rawPath"] || fields["path"] || fields["raw_path"]}"
      rescue TypeError, NoMethodError
        kind.to_s
      end

      def discard(response)
        body = response.last
        body.each { |_chunk| nil }
      rescue StandardError
        nil # The function did not complete the response. The record says why.
      ensure
        body.close if body.respond_to?(:close)
      end
    end
  end
end
