# frozen_string_literal: true

module PureRuby
  # Turns an event into a Rack env. Each form of event has a subclass.
  class Request
    LINE_BREAK = /[\r\n\0]/
    HOST = /\A(?:[0-9A-Za-z\-._~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])\z/
    PORT = /\A\d{1,5}\z/
    PROTOCOL = %r{\AHTTP/\d(?:\.\d)?\z}

    RACK = {
      "rack.hijack?" => false,
      "rack.multithread" => false,
      "rack.multiprocess" => true,
      "rack.run_once" => false
    }.merge(Rack.release < "3" ? { "rack.version" => [1, 3].freeze } : {}).freeze

    # Returns the request of an event. Recognises the integration by fields that no other integration sends.
    def self.of(event)
      context = event["requestContext"]
      raise Error, "not an HTTP request" if event["methodArn"] || event["routeArn"] || context&.key?("connectionId")

      return GatewayV2.new(event, function_url?(context) ? :function_url : :http_api_v2) if context&.key?("http")
      return LoadBalancer.new(event, event["multiValueHeaders"] ? :alb_multi_value : :alb) if context&.key?("elb")
      return Lattice.new(event, :vpc_lattice_v2) if context&.key?("serviceNetworkArn")
      return Lattice.new(event, :vpc_lattice_v1) if event["raw_path"] && event["method"]
      return GatewayV1.new(event, event["version"] == "1.0" ? :http_api_v1 : :rest_api) if event["httpMethod"]

      raise Error, "not an HTTP request"
    end

    def self.function_url?(context)
      context["domainName"]&.split(".", 3)&.at(1) == "lambda-url"
    end

    attr_reader :integration

    def initialize(event, integration)
      @event = event
      @context = event["requestContext"] || {}
      @integration = integration
    end

    def env(context)
      @env = RACK.dup
      underscored = read_headers
      read_cookies
      read_origin
      read_target
      read_body
      # `x_forwarded_for` has the same key as `x-forwarded-for`, and must not replace it.
      underscored&.each { |key, value| @env[key] ||= value }
      @env["REQUEST_METHOD"] = request_method or raise Error, "the method is missing"
      protocol = self.protocol
      @env["SERVER_PROTOCOL"] = @env["HTTP_VERSION"] = protocol&.match?(PROTOCOL) ? protocol : "HTTP/1.1"
      read_context(context)
      @env["rack.errors"] = $stderr
      @env["lambda.event"] = @event
      @env["lambda.context"] = context
      @env
    end

    private

    # Adds the headers of the multi-value map, then the headers that are only in the single-value map. Returns the
    # headers with underscores in their names.
    def read_headers
      multi = @event["multiValueHeaders"]
      single = @event["headers"]
      @underscored = names = nil
      multi&.each { |name, value| add_header(name, value) unless value.nil? }
      single&.each do |name, value|
        next if value.nil? || multi&.key?(name)
        next if multi && (names ||= multi.keys.map!(&:downcase)).include?(name.downcase)

        add_header(name, value)
      end
      @underscored
    end

    def add_header(name, value)
      key = HeaderName::KEYS[name] || HeaderName.key(name)
      if key.nil?
        @content_length = true if name.casecmp?("content-length")
        return
      end

      headers = name.include?("_") ? (@underscored ||= {}) : @env
      separator = key == "HTTP_COOKIE" ? "; " : ", "
      value = value.is_a?(Array) ? value.compact.join(separator) : value.to_s
      raise Error, "headers.#{name} has a line break" if value.match?(LINE_BREAK)

      value = value.b unless value.ascii_only?
      headers[key] = headers.key?(key) ? "#{headers[key]}#{separator}#{value}" : value
    end

    def read_cookies; end

    def protocol; end

    def domain_name; end

    def default_scheme
      "https"
    end

    # Sets the scheme, the server's name and port, and the client's address. The scheme and the port come from headers
    # that the integration sets, and the name comes from Host.
    def read_origin
      scheme = last_entry(@env["HTTP_X_FORWARDED_PROTO"])&.downcase
      scheme = default_scheme unless %w[http https].include?(scheme)
      host, host_port = split_port(@env["HTTP_HOST"] || "")
      port = [last_entry(@env["HTTP_X_FORWARDED_PORT"]), host_port].find { |it| it&.match?(PORT) }

      @env["rack.url_scheme"] = scheme
      @env["SERVER_NAME"] = [host, domain_name].find { |it| it&.match?(HOST) } || "localhost"
      @env["SERVER_PORT"] = port || (scheme == "https" ? "443" : "80")
      remote_addr = self.remote_addr
      @env["REMOTE_ADDR"] = remote_addr if remote_addr
    end

    # The integration adds the last entry of X-Forwarded-For. A client can send the entries before it.
    def forwarded_for
      entry = last_entry(@env["HTTP_X_FORWARDED_FOR"]) or return
      entry = split_port(entry).first unless entry.count(":") > 1 && !entry.start_with?("[")
      entry = entry[1...-1] if entry.start_with?("[") && entry.end_with?("]")
      entry unless entry.empty?
    end

    def last_entry(list)
      list&.include?(",") ? list.rpartition(",").last.strip : list&.strip
    end

    def split_port(host)
      return [host, nil] if !host.include?(":") || host.end_with?("]")

      name, _, port = host.rpartition(":")
      [name, port]
    end

    def read_target
      path, query, route = target
      script_name, path_info = Path.split(path, **route)
      @env["SCRIPT_NAME"] = script_name.empty? ? "" : Path.restore(script_name)
      @env["PATH_INFO"] = Path.restore(path_info)
      @env["QUERY_STRING"] = query
      @env["REQUEST_PATH"] = @env["SCRIPT_NAME"] + @env["PATH_INFO"]
      @env["REQUEST_URI"] = query.empty? ? @env["REQUEST_PATH"].dup : "#{@env["REQUEST_PATH"]}?#{query}"
    end

    def read_body
      body = @event["body"] || ""
      body = base64? ? decode(body) : body.b
      @env["CONTENT_LENGTH"] = body.bytesize.to_s if @content_length || !body.empty?
      @env["rack.input"] = StringIO.new(body)
    end

    def base64?
      @event["isBase64Encoded"]
    end

    def decode(body)
      body.end_with?("=") || (body.bytesize % 4).zero? ? Base64.strict_decode64(body) : Base64.decode64(body)
    rescue ArgumentError
      raise Error, "body is not base64"
    end

    def read_context(context)
      request_id = context.aws_request_id if context.respond_to?(:aws_request_id)
      @env["HTTP_X_REQUEST_ID"] = request_id if request_id
      received_at = self.received_at
      @env["HTTP_X_REQUEST_START"] = "t=#{received_at}" if received_at
    end
  end
end
