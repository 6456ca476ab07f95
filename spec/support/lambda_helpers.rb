# frozen_string_literal: true

# Helpers that most specs use: a context, a small event, and calls of Lamby.handler.
module LambdaHelpers
  LambdaContext = Struct.new(:aws_request_id, :invoked_function_arn, keyword_init: true)

  REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

  def lambda_context
    LambdaContext.new(
      aws_request_id: REQUEST_ID,
      invoked_function_arn: "arn:aws:lambda:us-east-1:123456789012:function:my-function"
    )
  end

  # Returns an event of an HTTP API (payload 2.0), with the given fields added.
  def http_event(method: "GET", path: "/", headers: {}, **fields)
    {
      "version" => "2.0",
      "rawPath" => path,
      "rawQueryString" => "",
      "headers" => { "host" => "example.com" }.merge(headers),
      "requestContext" => {
        "stage" => "$default",
        "http" => { "method" => method, "path" => path, "protocol" => "HTTP/1.1", "sourceIp" => "203.0.113.9" }
      }
    }.merge(fields.transform_keys(&:to_s))
  end

  # Returns the env that an application gets for an event, checked by Rack::Lint.
  def env_of(event)
    seen = nil
    app = lambda do |env|
      seen = env.dup
      seen["test.body"] = env["rack.input"].read
      [200, { "content-type" => "text/plain" }, []]
    end
    Lamby.handler(Rack::Lint.new(app), event, lambda_context)
    seen
  end

  # Returns the payload for a response as a Hash with String keys. Calls the handler with the event as a Hash and as
  # JSON, and checks that both calls return the same payload.
  def payload_of(response, event = http_event, lint: true)
    app = ->(_env) { response.respond_to?(:call) ? response.call : response }
    app = Rack::Lint.new(app) if lint
    from_hash = JSON.parse(JSON.generate(Lamby.handler(app, event, lambda_context)))
    from_bytes = JSON.parse(Lamby.handler(app, JSON.generate(event), lambda_context))
    expect(from_bytes).to eq(from_hash)
    from_bytes
  end
end
