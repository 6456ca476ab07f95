# frozen_string_literal: true

require "json"

# Converts a payload to the response that the integration's client gets. Raises an error if the
# integration would respond with 502.
module HTTPResponses
  # @!attribute headers
  #   @return [Hash{String => Array<String>}] values by header name in lower case, without the header Set-Cookie
  # @!attribute cookies
  #   @return [Array<String>] the values of Set-Cookie
  # @!attribute body
  #   @return [String] bytes
  Response = Struct.new(:status, :headers, :cookies, :body, keyword_init: true) do
    # @return [String, nil] the only value of a header
    def [](name)
      values = headers.fetch(name, [])
      values.size < 2 ? values.first : raise("the header #{name} occurs #{values.size} times: #{values.inspect}")
    end
  end

  class Malformed < StandardError; end

  TOKEN = /\A[!#$%&'*+\-.^_`|~0-9A-Za-z]+\z/

  class << self
    # @param integration [Symbol] one of {HTTPEvents::INTEGRATIONS}
    # @param payload [Hash, String] what the function returned; a String is JSON
    # @return [Response]
    # @raise [Malformed] if the integration would respond with 502
    def read(integration, payload)
      # AWS's runtime client sends a Hash as JSON.
      payload = JSON.parse(payload.is_a?(String) ? payload : JSON.generate(payload))
      check(payload)
      lines = lines(integration, payload)
      cookies, others = lines.partition { |name, _| name.casecmp?("set-cookie") }
      headers = others.group_by { |name, _| name.downcase }.transform_values { |same| same.map(&:last) }
      Response.new(status: payload["statusCode"], headers: headers, cookies: cookies.map(&:last), body: body(payload))
    end

    private

    def check(payload)
      malformed(payload, "the payload is not an object") unless payload.is_a?(Hash)
      unless payload["statusCode"].is_a?(Integer) && payload["statusCode"].between?(100, 599)
        malformed(payload["statusCode"], "the status is not from 100 to 599")
      end
      unless [true, false].include?(payload["isBase64Encoded"])
        malformed(payload["isBase64Encoded"], "isBase64Encoded is neither true nor false")
      end
      malformed(payload["body"], "the body is not a String") unless [String, NilClass].include?(payload["body"].class)
    end

    # Returns header lines. Each integration reads different fields of the payload, in a different order of precedence.
    def lines(integration, payload)
      case integration
      when :function_url, :http_api_v2
        # The page that is cited at HTTPEvents::Request#http_api_v2 says: "In the response to the client, each cookie
        # becomes a set-cookie header."
        single(payload["headers"] || {}) + multi("Set-Cookie" => payload["cookies"] || [])
      when :http_api_v1, :rest_api
        # The page that is cited at HTTPEvents::Request#rest_api says: "If the same key-value pair is specified in both,
        # only the values from multiValueHeaders will appear in the merged list."
        multi = multi(payload["multiValueHeaders"] || {})
        single(payload["headers"] || {}).reject { |name, _| multi.any? { |other, _| other.casecmp?(name) } } + multi
      when :alb_multi_value
        # "You must use multiValueHeaders": the load balancer ignores the map `headers`.
        multi(payload.fetch("multiValueHeaders") { malformed(payload, "the payload has no multiValueHeaders") })
      when :alb, :vpc_lattice_v1, :vpc_lattice_v2
        # Each key becomes one header line. Names that differ only by case become separate lines.
        single(payload.fetch("headers") { malformed(payload, "the payload has no headers") })
      else
        raise ArgumentError, "there is no integration #{integration.inspect}"
      end
    end

    def single(map)
      multi(map.transform_values { |value| [value] })
    end

    def multi(map)
      lines = map.flat_map { |name, values| values.is_a?(Array) ? values.map { |value| [name, value] } : malformed(values, "the values are not an Array") }
      lines.each do |name, value|
        malformed(name, "the header name is invalid") unless name.match?(TOKEN)
        malformed(value, "the header value is invalid") unless value.is_a?(String) && !value.match?(/[\r\n\0]/)
      end
    end

    def body(payload)
      text = payload["body"].to_s
      payload["isBase64Encoded"] ? text.unpack1("m0") : text.b
    rescue ArgumentError
      malformed(text, "the body is not base64")
    end

    def malformed(value, message)
      raise Malformed, "#{message}: #{value.inspect[0, 200]}"
    end
  end
end
