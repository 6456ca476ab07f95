# frozen_string_literal: true

module Lamby
  class Loopback
    # Converts a Rack env to an integration's event.
    #
    # @api private
    class Request
      # The largest event that Lambda accepts, in bytes: "6 MB each for request and response (synchronous)".
      # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      EVENT_LIMIT = 6 * 1024 * 1024
      # "The maximum size of the request body that you can send to a Lambda function is 1 MB", in bytes.
      # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
      LOAD_BALANCER_LIMIT = 1024 * 1024
      # The characters that a URL cannot contain. A server that decodes the path may have put them into the env.
      # https://www.rfc-editor.org/rfc/rfc3986#section-3.3
      NOT_IN_PATH = %r{[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]}n
      NOT_IN_QUERY = %r{[^A-Za-z0-9\-._~!$&'()*+,;=:@/%?\[\]|"{}\\]}n
      NOT_IN_HOST = %r{[/?#@\s\\]}
      # The address of a client that the env does not name.
      LOOPBACK = "127.0.0.1"
      private_constant :EVENT_LIMIT, :LOAD_BALANCER_LIMIT, :NOT_IN_PATH, :NOT_IN_QUERY, :NOT_IN_HOST, :LOOPBACK

      # @return [String] bytes
      attr_reader :body

      # @param env [Hash{String => Object}] a Rack env. Its body is read
      def initialize(env)
        @env = env
        @body = env["rack.input"]&.read || ""
      end

      # @param integration [Symbol]
      # @return [String] JSON
      # @raise [InvalidEvent] if an event cannot contain the request
      def event(integration)
        Simulator.event(integration, method: @env["REQUEST_METHOD"], url: url, headers: headers, body: @body, source_ip: source_ip)
      end

      # @param integration [Symbol]
      # @param event [String] the event of this request
      # @return [Boolean] whether the integration would refuse the request because of its size
      def too_large?(integration, event)
        event.bytesize > EVENT_LIMIT || (integration.start_with?("alb") && @body.bytesize > LOAD_BALANCER_LIMIT)
      end

      # @return [String] with scheme, host, path and query
      # @raise [InvalidEvent] if the host or the path is malformed
      def url
        query = encode(@env["QUERY_STRING"].to_s, NOT_IN_QUERY)
        "#{@env["rack.url_scheme"]}://#{host}#{path}#{"?#{query}" unless query.empty?}"
      end

      # @return [Hash{String => String}] names in lower case, and values
      # @raise [InvalidEvent] if a value is not UTF-8
      def headers
        headers = @env.filter_map do |key, value|
          [name = key.delete_prefix("HTTP_").tr("_", "-").downcase, text(name, value)] if key.start_with?("HTTP_")
        end.to_h
        # Some servers set HTTP_VERSION to the protocol's version, although it is not a header.
        headers.delete("version") if headers["version"] == @env["SERVER_PROTOCOL"]
        headers["content-type"] = text("content-type", @env["CONTENT_TYPE"]) unless @env["CONTENT_TYPE"].to_s.empty?
        # The simulator sets the length of a body that is not empty.
        headers["content-length"] = "0" if @env["CONTENT_LENGTH"] && @body.empty?
        headers
      end

      # @return [String] the client's address
      def source_ip
        address = @env["REMOTE_ADDR"]
        address.nil? || address.empty? ? LOOPBACK : address
      end

      private

      def host
        host = text("host", @env["HTTP_HOST"] || @env.values_at("SERVER_NAME", "SERVER_PORT").join(":"))
        return host unless NOT_IN_HOST.match?(host)

        raise InvalidEvent, "the header host is #{host.inspect}, which is not a host: no integration sends this request"
      end

      def path
        path = "#{@env["SCRIPT_NAME"]}#{@env["PATH_INFO"]}"
        return encode(path, NOT_IN_PATH) if path.empty? || path.start_with?("/")

        raise InvalidEvent, "the path #{path.inspect} does not begin with a slash: no integration sends this request"
      end

      def encode(text, forbidden)
        text.b.gsub(forbidden) { |byte| format("%%%02X", byte.ord) }
      end

      # Returns a value in the encoding of events.
      def text(name, value)
        text = value.encoding == Encoding::UTF_8 ? value : value.dup.force_encoding(Encoding::UTF_8)
        return text if text.valid_encoding?

        raise InvalidEvent, "the header #{name} cannot be written into an event, because its value is not UTF-8: #{text.inspect}"
      end
    end
  end
end
