# frozen_string_literal: true

module PureRuby
  # Turns a Rack response into the Hash that its integration expects.
  class Response
    # These headers are only for one connection or for the adapter, so they are not sent.
    NOT_SENT = %w[
      connection keep-alive proxy-connection te trailer transfer-encoding upgrade status x-lamby-base64
    ].to_h { |name| [name, true] }.freeze
    TEXT = %r{\A\s*(?:text/[^;,]*|[^;,]*\+(?:json|xml)|multipart/form-data|
                     application/(?:json|xml|(?:x-)?javascript|ecmascript|x-www-form-urlencoded|x-ndjson|graphql|
                                    (?:x-)?yaml|toml|sql)|)\s*(?:[;,]|\z)}xi
    CONTROL = /[\0-\x08\x0a-\x1f\x7f]/

    def initialize(integration, request_method, status, headers, body)
      @integration = integration
      @status = Integer(status)
      @bodiless = @status < 200 || @status == 204 || @status == 304
      @head = request_method == "HEAD"
      @body = @bodiless || @head ? "" : body
      @headers = {}
      headers.each { |name, value| add(name.to_s, value) }
    end

    def to_h
      encoded = binary?
      payload = { statusCode: @status }
      if %i[alb alb_multi_value].include?(@integration)
        payload[:statusDescription] = "#{@status} #{Rack::Utils::HTTP_STATUS_CODES[@status]}".rstrip
      end
      check_length
      write_headers(payload)
      payload[:isBase64Encoded] = encoded
      payload[:body] = encoded ? Base64.strict_encode64(@body) : utf8(@body)
      payload
    end

    private

    # Adds a header. Several values of a header are an Array in Rack 3, and lines of one String in Rack 2.
    def add(name, value)
      return if value.nil? || name.start_with?("rack.")
      raise Error, "illegal header name #{name.inspect}" unless name.match?(HeaderName::TOKEN)

      key = name.downcase
      values = value.is_a?(Array) ? value.map(&:to_s) : lines(value.to_s)
      values = values.map { |it| check(name, it) }
      @marked = true if key == "x-lamby-base64" && values == ["1"]
      return if NOT_SENT[key] || (@bodiless && key == "content-type")

      if (field = @headers[key])
        field[1].concat(values)
      else
        @headers[key] = [name, values]
      end
    end

    def lines(value)
      value.include?("\n") ? value.split("\n").reject(&:empty?) : [value]
    end

    def check(name, value)
      value = utf8(value)
      raise Error, "header #{name} has a control character" if value.match?(CONTROL)

      value
    end

    # Reads bytes as UTF-8, or as Latin-1 if they are not UTF-8, so that every value is valid in JSON.
    def utf8(text)
      return text if text.encoding == Encoding::UTF_8 && text.valid_encoding?

      text = text.dup.force_encoding(Encoding::UTF_8)
      text.valid_encoding? ? text : text.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8)
    end

    def binary?
      return false if @body.empty?

      @marked || value("content-transfer-encoding")&.casecmp?("binary") || encoded? ||
        !(value("content-type") || "").match?(TEXT) || !valid_utf8?
    end

    def encoded?
      codings = value("content-encoding") or return false
      codings.split(",").any? { |it| !it.strip.empty? && !it.strip.casecmp?("identity") }
    end

    def valid_utf8?
      return @body.valid_encoding? if @body.encoding == Encoding::UTF_8

      @body.dup.force_encoding(Encoding::UTF_8).valid_encoding?
    end

    def value(name)
      @headers[name]&.last&.first
    end

    # Checks the Content-Length. A wrong length would truncate the response or make the client wait.
    def check_length
      length = value("content-length") or return
      @headers.delete("content-length") if @bodiless || !(@head || length == @body.bytesize.to_s)
    end

    def write_headers(payload)
      case @integration
      when :function_url, :http_api_v2
        _, cookies = @headers.delete("set-cookie")
        payload[:headers] = combined
        payload[:cookies] = cookies if cookies
      when :http_api_v1, :rest_api
        repeated, single = @headers.partition { |name, (_, values)| values.size > 1 || name == "set-cookie" }
        payload[:headers] = single.to_h { |_, (name, values)| [name, values.first] }
        payload[:multiValueHeaders] = repeated.to_h(&:last) unless repeated.empty?
      when :alb_multi_value
        payload[:multiValueHeaders] = @headers.values.to_h
      else
        _, cookies = @headers.delete("set-cookie")
        payload[:headers] = combined
        cookies&.each_with_index { |cookie, index| payload[:headers][spelling(index)] = cookie }
      end
    end

    def combined
      headers = {}
      @headers.each_value { |name, values| headers[name] = values.size == 1 ? values.first : values.join(", ") }
      headers
    end

    # Returns one of set-cookie, Set-cookie, sEt-cookie and so on, so that one JSON object can contain several cookies.
    # In HTTP, these spellings are the same name.
    def spelling(number)
      letter = -1
      "set-cookie".gsub(/[a-z]/) { |it| (number >> (letter += 1)) & 1 == 1 ? it.upcase : it }
    end
  end
end
