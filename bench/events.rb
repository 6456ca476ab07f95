# frozen_string_literal: true

require "json"

module Bench
  # Events in the form of the samples in AWS's documentation. They are the same in each run. Each event has the headers
  # of a simple client, and a small JSON body.
  module Events
    BODY = '{"message":"Hello from the client!"}'
    HEADERS = {
      "accept" => "application/json",
      "accept-encoding" => "gzip, deflate, br",
      "accept-language" => "en-US,en;q=0.8",
      "content-type" => "application/json",
      "host" => "api.example.com",
      "user-agent" => "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6)",
      "x-amzn-trace-id" => "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
      "x-forwarded-for" => "192.0.2.1",
      "x-forwarded-port" => "443",
      "x-forwarded-proto" => "https"
    }.freeze
    COOKIES = ["cookie1=one", "cookie2=two"].freeze

    # The 20 headers that a browser sends to a Rails application behind an HTTP API.
    BROWSER = {
      "accept" => "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
      "accept-encoding" => "gzip, deflate, br, zstd",
      "accept-language" => "en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7",
      "cache-control" => "max-age=0",
      "content-length" => "0",
      "host" => "www.example.com",
      "if-none-match" => 'W/"0815a0d4dbd3a4a3d1d3f5b0c1e2f3a4"',
      "priority" => "u=0, i",
      "referer" => "https://www.example.com/orders?page=2",
      "sec-ch-ua" => '"Chromium";v="128", "Not;A=Brand";v="24", "Google Chrome";v="128"',
      "sec-ch-ua-mobile" => "?0",
      "sec-ch-ua-platform" => '"macOS"',
      "sec-fetch-dest" => "document",
      "sec-fetch-mode" => "navigate",
      "sec-fetch-site" => "same-origin",
      "upgrade-insecure-requests" => "1",
      "user-agent" => "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) " \
                      "Chrome/128.0.0.0 Safari/537.36",
      "x-amzn-trace-id" => "Root=1-66e1f0a7-3d2b6f5a4c1e7d8f9a0b1c2d",
      "x-forwarded-for" => "192.0.2.1",
      "x-forwarded-proto" => "https"
    }.freeze
    SESSION = "_shop_session=#{"dGhlIHNlc3Npb24gb2YgYSBSYWlscyBhcHBsaWNhdGlvbg" * 6}%3D%3D--1f2e3d4c5b6a".freeze

    # The size of an upload before it is encoded as base64, in bytes. The content comes from a fixed seed.
    UPLOAD_SIZE = 4_400_000

    module_function

    def names
      %i[http_api_v2 function_url rest_api alb alb_multi_value vpc_lattice_v2 browser upload]
    end

    # Returns an event as a Hash. If a size is given, the event comes from GrowingEvents.
    def fetch(name, size = nil)
      raise ArgumentError, "there is no event #{name}" unless size || names.include?(name)

      (@events ||= {})[[name, size]] ||= size ? GrowingEvents.public_send(name, size) : public_send(name)
    end

    # Returns the event as the Runtime API sends it: bytes, in Ruby's binary encoding, without spaces between tokens.
    def json(name, size = nil)
      (@json ||= {})[[name, size]] ||= JSON.generate(fetch(name, size)).b.freeze
    end

    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    def http_api_v2
      {
        "version" => "2.0",
        "routeKey" => "$default",
        "rawPath" => "/my/path",
        "rawQueryString" => "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies" => COOKIES.dup,
        "headers" => HEADERS.merge("content-length" => BODY.bytesize.to_s),
        "queryStringParameters" => { "parameter1" => "value1,value2", "parameter2" => "value" },
        "requestContext" => {
          "accountId" => "123456789012",
          "apiId" => "api-id",
          "authorizer" => {
            "jwt" => { "claims" => { "claim1" => "value1", "claim2" => "value2" }, "scopes" => %w[scope1 scope2] }
          },
          "domainName" => "id.execute-api.us-east-1.amazonaws.com",
          "domainPrefix" => "id",
          "http" => {
            "method" => "POST",
            "path" => "/my/path",
            "protocol" => "HTTP/1.1",
            "sourceIp" => "192.0.2.1",
            "userAgent" => HEADERS["user-agent"]
          },
          "requestId" => "JKJaXmPLvHcESHA=",
          "routeKey" => "$default",
          "stage" => "$default",
          "time" => "12/Mar/2020:19:03:58 +0000",
          "timeEpoch" => 1_583_348_638_390
        },
        "body" => BODY,
        "pathParameters" => { "parameter1" => "value1" },
        "isBase64Encoded" => false,
        "stageVariables" => { "stageVariable1" => "value1", "stageVariable2" => "value2" }
      }
    end

    # https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    def function_url
      host = "urlid.lambda-url.us-west-2.on.aws"
      {
        "version" => "2.0",
        "routeKey" => "$default",
        "rawPath" => "/my/path",
        "rawQueryString" => "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies" => COOKIES.dup,
        "headers" => HEADERS.merge("host" => host, "cookie" => COOKIES.join("; "), "content-length" => BODY.bytesize.to_s),
        "queryStringParameters" => { "parameter1" => "value1,value2", "parameter2" => "value" },
        "requestContext" => {
          "accountId" => "123456789012",
          "apiId" => "urlid",
          "authentication" => nil,
          "authorizer" => {
            "iam" => {
              "accessKey" => "AKIAIOSFODNN7EXAMPLE",
              "accountId" => "111122223333",
              "callerId" => "AIDACKCEVSQ6C2EXAMPLE",
              "cognitoIdentity" => nil,
              "principalOrgId" => nil,
              "userArn" => "arn:aws:iam::111122223333:user/example-user",
              "userId" => "AIDACOSFODNN7EXAMPLE2"
            }
          },
          "domainName" => host,
          "domainPrefix" => "urlid",
          "http" => {
            "method" => "POST",
            "path" => "/my/path",
            "protocol" => "HTTP/1.1",
            "sourceIp" => "192.0.2.1",
            "userAgent" => HEADERS["user-agent"]
          },
          "requestId" => "d3f0f8a6-5a4b-4c5e-8f1d-0123456789ab",
          "routeKey" => "$default",
          "stage" => "$default",
          "time" => "12/Mar/2020:19:03:58 +0000",
          "timeEpoch" => 1_583_348_638_390
        },
        "body" => BODY,
        "pathParameters" => nil,
        "isBase64Encoded" => false,
        "stageVariables" => nil
      }
    end

    # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    def rest_api
      # A REST API keeps the client's spelling of header names.
      headers = HEADERS.transform_keys { |name| name.split("-").map(&:capitalize).join("-") }
      headers["Cookie"] = COOKIES.join("; ")
      headers["CloudFront-Forwarded-Proto"] = "https"
      headers["CloudFront-Viewer-Country"] = "US"
      headers["Via"] = "2.0 08f323deadbeefa7af34d5feb414ce27.cloudfront.net (CloudFront)"
      {
        "resource" => "/{proxy+}",
        "path" => "/my/path",
        "httpMethod" => "POST",
        "headers" => headers,
        "multiValueHeaders" => headers.transform_values { |value| [value] },
        "queryStringParameters" => { "parameter1" => "value2", "parameter2" => "two words" },
        "multiValueQueryStringParameters" => { "parameter1" => %w[value1 value2], "parameter2" => ["two words"] },
        "requestContext" => {
          "accountId" => "123456789012",
          "apiId" => "id",
          "authorizer" => { "claims" => nil, "scopes" => nil },
          "domainName" => "id.execute-api.us-east-1.amazonaws.com",
          "domainPrefix" => "id",
          "extendedRequestId" => "JKJaXmPLvHcESHA=",
          "httpMethod" => "POST",
          "identity" => {
            "accessKey" => nil,
            "accountId" => nil,
            "caller" => nil,
            "cognitoAuthenticationProvider" => nil,
            "cognitoAuthenticationType" => nil,
            "cognitoIdentityId" => nil,
            "cognitoIdentityPoolId" => nil,
            "principalOrgId" => nil,
            "sourceIp" => "192.0.2.1",
            "user" => nil,
            "userAgent" => HEADERS["user-agent"],
            "userArn" => nil,
            "clientCert" => nil
          },
          "path" => "/test/my/path",
          "protocol" => "HTTP/1.1",
          "requestId" => "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
          "requestTime" => "04/Mar/2020:19:15:17 +0000",
          "requestTimeEpoch" => 1_583_349_317_135,
          "resourceId" => "123456",
          "resourcePath" => "/{proxy+}",
          "stage" => "test"
        },
        "pathParameters" => { "proxy" => "my/path" },
        "stageVariables" => nil,
        "body" => BODY,
        "isBase64Encoded" => false
      }
    end

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    def alb
      load_balancer(
        "queryStringParameters" => { "parameter1" => "value1", "parameter2" => "two%20words" },
        "headers" => HEADERS.merge("cookie" => COOKIES.join("; "))
      )
    end

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#multi-value-headers
    def alb_multi_value
      load_balancer(
        "multiValueQueryStringParameters" => { "parameter1" => %w[value1 value2], "parameter2" => ["two%20words"] },
        "multiValueHeaders" => HEADERS.merge("cookie" => COOKIES.join("; ")).transform_values { |value| [value] }
      )
    end

    def load_balancer(fields)
      arn = "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-target-group/6d0ecf831eec9f09"
      {
        "requestContext" => { "elb" => { "targetGroupArn" => arn } },
        "httpMethod" => "POST",
        "path" => "/my/path"
      }.merge(fields, "body" => BODY, "isBase64Encoded" => false)
    end

    # https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html
    def vpc_lattice_v2
      arn = "arn:aws:vpc-lattice:us-east-2:123456789012"
      {
        "version" => "2.0",
        "path" => "/my/path",
        "method" => "POST",
        "headers" => HEADERS.merge("cookie" => COOKIES.join("; ")).transform_values { |value| [value] },
        "queryStringParameters" => { "parameter1" => %w[value1 value2], "parameter2" => ["value"] },
        "body" => BODY,
        "isBase64Encoded" => false,
        "requestContext" => {
          "serviceNetworkArn" => "#{arn}:servicenetwork/sn-0bf3f2882e9cc805a",
          "serviceArn" => "#{arn}:service/svc-0a40eebed65f8d69c",
          "targetGroupArn" => "#{arn}:targetgroup/tg-6d0ecf831eec9f09",
          "identity" => {
            "sourceVpcArn" => "arn:aws:ec2:us-east-2:123456789012:vpc/vpc-0b8276c84697e7339",
            "type" => "AWS_IAM",
            "principal" => "arn:aws:sts::123456789012:assumed-role/example-role/057d00f8b51257ba3c853a0f248943cf",
            "sessionName" => "057d00f8b51257ba3c853a0f248943cf",
            "x509SanDns" => "example.com"
          },
          "region" => "us-east-2",
          "timeEpoch" => "1690497599177430"
        }
      }
    end

    # A browser's request for a page of a Rails application.
    def browser
      event = http_api_v2
      event["requestContext"].delete("authorizer")
      event["requestContext"]["http"].merge!("method" => "GET", "userAgent" => BROWSER["user-agent"])
      event.delete("body")
      event.merge("headers" => BROWSER.dup, "cookies" => ["theme=dark", SESSION])
    end

    # An upload to a Function URL. 4.4 MB are 5.9 MB in base64, and the limit is 6 MB.
    def upload(size = UPLOAD_SIZE)
      event = function_url
      event["headers"].merge!("content-type" => "application/octet-stream", "content-length" => size.to_s)
      event.merge("body" => [Random.new(1).bytes(size)].pack("m0"), "isBase64Encoded" => true)
    end
  end
end
