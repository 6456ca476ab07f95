# frozen_string_literal: true

require "json"
require "uri"

# Builds the event that an integration sends for an HTTP request. The fields follow AWS's
# documentation and the events from AWS that other projects have published. This module uses no code of
# Lamby, so that it does not repeat Lamby's mistakes.
module HTTPEvents
  INTEGRATIONS = %i[function_url http_api_v2 http_api_v1 rest_api alb alb_multi_value vpc_lattice_v1 vpc_lattice_v2].freeze

  # @param integration [Symbol] one of {INTEGRATIONS}
  # @param path [String] percent-encoded, as the client sends it
  # @param query [String] percent-encoded, without the question mark
  # @param headers [Hash{String => String, Array<String>}] the headers, in the client's spelling
  # @param body [String, nil]
  # @param base64 [Boolean] whether the integration treats the body as binary
  # @param remote_addr [String] the client's address
  # @param host [String] the Host header, with a port unless the port is 443
  # @return [Hash{String => Object}]
  def self.build(integration, **request)
    raise ArgumentError, "there is no integration #{integration.inspect}" unless INTEGRATIONS.include?(integration)

    Request.new(**request).public_send(integration)
  end

  # An HTTP request. For each integration, one method returns the event of this request.
  class Request
    ACCOUNT = "123456789012"
    TIME = "04/Mar/2020:19:03:58 +0000"
    TIME_EPOCH = 1_583_348_638_390
    # Headers that the integrations set, whatever the client sends.
    THEIRS = /\A(host|content-length|x-forwarded-(for|port|proto))\z/i

    # @return [Array<Array(String, String)>] the header lines that reach the integration: name and value
    attr_reader :header_lines

    def initialize(method: "GET", path: "/", query: "", headers: {}, body: nil, base64: false, remote_addr: "203.0.113.9", host: "example.com")
      @method = method
      @path = path
      @query = query
      @remote_addr = remote_addr
      @domain, @port = host.match(/\A(.+?)(?::(\d+))?\z/).captures
      @base64 = base64
      @body = body && encode(body)
      @header_lines = lines(headers, host, body)
    end

    # The path is as the client sent it. Cookies are in an array, and also in the headers.
    # https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    def function_url
      payload_v2(@path, "#{"a2" * 16}.lambda-url.us-east-1.on.aws", combined)
    end

    # The path is decoded. Cookies are only in an array.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    def http_api_v2
      payload_v2(decode(@path), @domain, combined.except("cookie"))
    end

    # The page that is cited at http_api_v2 says: "All headernames are lowercased".
    def http_api_v1
      path = decode(@path)
      { "version" => "1.0" }.merge(payload_v1("$default", path, path, "$default", grouped(&:downcase)))
    end

    # The path is as the client sent it, without the stage. requestContext.path has the stage,
    # except behind a custom domain. Header names are in the client's spelling.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    def rest_api
      resource = @path == "/" ? "/" : "/{proxy+}"
      stage = @domain.end_with?(".amazonaws.com") ? "/prod" : ""
      event = payload_v1(resource, @path, stage + @path, "prod", grouped(&:itself))
      event.merge("pathParameters" => @path == "/" ? nil : { "proxy" => decode(@path.delete_prefix("/")) })
    end

    # Repeated headers and parameters have only the last value. Parameters are not decoded.
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    def alb
      target_group("queryStringParameters" => last(parameters), "headers" => last(grouped(&:downcase)))
    end

    # The multi-value maps replace the single-value maps (see "Multi-value headers" on the page that is cited at alb).
    def alb_multi_value
      target_group("multiValueQueryStringParameters" => parameters, "multiValueHeaders" => grouped(&:downcase))
    end

    # In both versions of the event, the path contains the query. Adapters of other projects assume this, too.
    # https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html
    def vpc_lattice_v1
      {
        "raw_path" => path_and_query, "method" => @method, "headers" => combined,
        "query_string_parameters" => last(parameters), "body" => @body.to_s, "is_base64_encoded" => @base64
      }
    end

    # The values of headers and parameters are lists, and the time is in microseconds.
    def vpc_lattice_v2
      arn = "arn:aws:vpc-lattice:us-east-1:#{ACCOUNT}"
      {
        "version" => "2.0", "path" => path_and_query, "method" => @method, "headers" => grouped(&:downcase),
        "queryStringParameters" => parameters, "body" => @body, "isBase64Encoded" => @base64,
        "requestContext" => {
          "serviceNetworkArn" => "#{arn}:servicenetwork/sn-0bf3f2882e9cc805a", "serviceArn" => "#{arn}:service/svc-0a40eebed65f8d69c",
          "targetGroupArn" => "#{arn}:targetgroup/tg-6d0ecf831eec9f09", "region" => "us-east-1", "timeEpoch" => (TIME_EPOCH * 1000).to_s,
          "identity" => { "sourceVpcArn" => "arn:aws:ec2:us-east-1:#{ACCOUNT}:vpc/vpc-0b8276c84697e7339" }
        }
      }.compact
    end

    private

    def payload_v2(raw_path, domain, headers)
      cookies = values("cookie").flat_map { |line| line.split(/; */) }
      {
        "version" => "2.0", "routeKey" => "$default", "rawPath" => raw_path, "rawQueryString" => @query, "headers" => headers,
        "cookies" => some(cookies), "queryStringParameters" => some(decoded_parameters.transform_values { |values| values.join(",") }),
        "requestContext" => {
          "accountId" => ACCOUNT, "apiId" => "a1b2c3d4e5", "domainName" => domain, "domainPrefix" => domain[/\A[^.]+/],
          "http" => {
            "method" => @method, "path" => decode(@path), "protocol" => "HTTP/1.1", "sourceIp" => @remote_addr,
            "userAgent" => values("user-agent").last.to_s
          },
          "requestId" => "JKJaXmPLvHcESHA=", "routeKey" => "$default", "stage" => "$default", "time" => TIME, "timeEpoch" => TIME_EPOCH
        },
        "body" => @body, "isBase64Encoded" => @base64
      }.compact
    end

    # Parameters are decoded. If there are no parameters, the maps are null.
    def payload_v1(resource, path, context_path, stage, headers)
      {
        "resource" => resource, "path" => path, "httpMethod" => @method, "headers" => last(headers), "multiValueHeaders" => headers,
        "queryStringParameters" => some(last(decoded_parameters)), "multiValueQueryStringParameters" => some(decoded_parameters),
        "pathParameters" => nil, "stageVariables" => nil,
        "requestContext" => {
          "accountId" => ACCOUNT, "apiId" => "a1b2c3d4e5", "domainName" => @domain, "domainPrefix" => @domain[/\A[^.]+/],
          "extendedRequestId" => "JKJaXmPLvHcESHA=", "httpMethod" => @method,
          "identity" => { "accessKey" => nil, "caller" => nil, "sourceIp" => @remote_addr, "user" => nil, "userAgent" => values("user-agent").last },
          "path" => context_path, "protocol" => "HTTP/1.1", "requestId" => "JKJaXmPLvHcESHA=", "requestTime" => TIME,
          "requestTimeEpoch" => TIME_EPOCH, "resourceId" => "123456", "resourcePath" => resource, "stage" => stage
        },
        "body" => @body, "isBase64Encoded" => @base64
      }
    end

    def target_group(maps)
      arn = "arn:aws:elasticloadbalancing:us-east-1:#{ACCOUNT}:targetgroup/my-target-group/6d0ecf831eec9f09"
      {
        "requestContext" => { "elb" => { "targetGroupArn" => arn } }, "httpMethod" => @method, "path" => @path, **maps,
        "body" => @body.to_s, "isBase64Encoded" => @base64
      }
    end

    def lines(headers, host, body)
      sent = headers.flat_map { |name, values| Array(values).map { |value| [name, value] } }
      claims = sent.filter_map { |name, value| value if name.casecmp?("x-forwarded-for") }
      [
        ["Host", host], *sent.grep_v(->((name, _)) { name.match?(THEIRS) }), *([["Content-Length", body.bytesize.to_s]] if body),
        # The client's own value comes first, because a proxy appends the address that it sees.
        ["X-Forwarded-For", [*claims, @remote_addr].join(", ")], ["X-Forwarded-Port", @port || "443"], %w[X-Forwarded-Proto https],
        ["X-Amzn-Trace-Id", "Root=1-5e5ff95e-7d9a1f6c0a3b2c4d5e6f7a8b"]
      ]
    end

    def values(name)
      header_lines.filter_map { |key, value| value if key.casecmp?(name) }
    end

    # Returns a Hash from each header's name to all its values. The block chooses the name's spelling.
    def grouped
      header_lines.group_by { |name, _| yield name }.transform_values { |lines| lines.map(&:last) }
    end

    # Returns a Hash from each header's name to one value. Joins the values of a repeated header.
    def combined
      grouped(&:downcase).to_h { |name, values| [name, values.join(name == "cookie" ? "; " : ",")] }
    end

    def parameters
      pairs = @query.split("&").map { |pair| pair.partition("=").values_at(0, 2) }
      pairs.group_by(&:first).transform_values { |same| same.map(&:last) }
    end

    def decoded_parameters
      decoded = Hash.new { |hash, name| hash[name] = [] }
      parameters.each { |name, values| decoded[form(name)].concat(values.map { |value| form(value) }) }
      decoded.to_h
    end

    def path_and_query
      @query.empty? ? @path : "#{@path}?#{@query}"
    end

    def encode(body)
      return [body].pack("m0") if @base64

      text = body.dup.force_encoding(Encoding::UTF_8)
      text.valid_encoding? ? text : raise(ArgumentError, "a body that is not UTF-8 needs base64: true")
    end

    def decode(text)
      URI.decode_www_form_component(text.gsub("+", "%2B"))
    end

    def form(text)
      URI.decode_www_form_component(text)
    end

    def last(map)
      map.transform_values(&:last)
    end

    def some(list)
      list.empty? ? nil : list
    end
  end
end
