# frozen_string_literal: true

# Lamby either reads an event, or raises an error that names the field and the problem. No event crashes the process.
RSpec.describe "An event" do
  let(:app) { ->(env) { [200, {}, [env["rack.input"].read]] } }

  def answer(event)
    Lamby.handler(app, event, lambda_context)
  end

  # Yields the event as a Hash and as JSON.
  def each_way(event)
    yield event
    yield JSON.generate(event)
  end

  describe "that is not a JSON object" do
    {
      "[1,2]" => "an array", '"text"' => "a string", "null" => "null", "true" => "a boolean", "-1" => "a number",
      "" => "empty", "  " => "empty", "<html>" => "something that is not JSON"
    }.each do |json, what|
      it "raises an error that says what it is: #{json.inspect}" do
        expect { answer(json) }.to raise_error(Lamby::InvalidEvent, /not a JSON object but #{what}/)
      end
    end

    it "raises an error that names its class", :extension do
      [[1], nil, 5, :a, Object.new].each do |event|
        expect { answer(event) }.to raise_error(Lamby::InvalidEvent, /not a JSON object but an object of class #{event.class}/)
      end
    end
  end

  it "that is invalid JSON raises an error with line and column" do
    ["{", '{"a":', '{"version":"2.0",}', '{"version" "2.0"}', "{\"version\":\"\\x\"}", '{"rawPath":"/"} {}', "{}]"].each do |json|
      expect { answer(json) }.to raise_error(Lamby::InvalidEvent, /line 1 column|more text after the end/), json
    end
    expect { answer('{"version" "2.0"}') }.to raise_error(Lamby::InvalidEvent, /\Athe event cannot be read: expected `:` at line 1 column 12/)
    expect { answer('{"requestContext":{"http" {}}}') }.to raise_error(Lamby::InvalidEvent, /\Athe event's field requestContext cannot be read: /)
  end

  it "that is cut off at any byte raises an error" do
    json = JSON.generate(http_event(method: "POST", body: "aGVsbG8=", isBase64Encoded: true))
    (0...json.bytesize).each do |length|
      expect { answer(json.byteslice(0, length)) }.to raise_error(Lamby::InvalidEvent)
    end
  end

  it "with a field of the wrong type raises an error that names the field" do
    {
      %w[rawPath] => {}, %w[rawQueryString] => ["a"], %w[headers] => "x", %w[headers x] => { "y" => 1 }, %w[cookies] => 1,
      %w[requestContext] => "x", %w[requestContext http] => [], %w[requestContext http method] => {},
      %w[requestContext http sourceIp] => [1], %w[body] => { "a" => 1 }, %w[isBase64Encoded] => "maybe",
      %w[pathParameters] => 3, %w[requestContext stage] => ["x"]
    }.each do |path, value|
      event = http_event
      path[0..-2].inject(event) { |hash, key| hash[key] }[path.last] = value
      each_way(event) do |it|
        expect { answer(it) }.to raise_error(Lamby::InvalidEvent, /field #{path.first(2).join(".")}/), "#{path}: #{value} in #{it.class}"
      end
    end
  end

  it "with a Ruby value that Lamby cannot read raises an error that says why", :extension do
    expect { answer(http_event(rawPath: Time.now)) }.to raise_error(Lamby::InvalidEvent, /rawPath.*class Time/)
    expect { answer(http_event(rawPath: 2**80)) }.to raise_error(Lamby::InvalidEvent, /rawPath.*too large/)
  end

  it "with numbers and booleans as header values is read, and the values become text" do
    event = http_event(headers: { "x-int" => 5, "x-float" => 1.5, "x-bool" => true, "x-null" => nil, "x-list" => [1, nil, "a"] })
    each_way(event) do |it|
      env = env_of(it)
      expect(env.values_at("HTTP_X_INT", "HTTP_X_FLOAT", "HTTP_X_BOOL", "HTTP_X_LIST")).to eq(%w[5 1.5 true] + ["1, a"])
      expect(env).not_to have_key("HTTP_X_NULL")
    end
  end

  it "with null fields is read as if they were missing" do
    event = http_event.transform_values { nil }.merge("requestContext" => { "http" => { "method" => "GET", "path" => nil }, "stage" => nil })
    event.merge!("body" => nil, "isBase64Encoded" => nil, "cookies" => nil, "pathParameters" => nil, "multiValueHeaders" => nil)
    each_way(event) { |it| expect(env_of(it)).to include("PATH_INFO" => "/", "QUERY_STRING" => "", "SERVER_NAME" => "localhost") }
  end

  it "with a missing or invalid HTTP method raises an error that names the field" do
    each_way({ "requestContext" => { "http" => {} } }) do |it|
      expect { answer(it) }.to raise_error(Lamby::InvalidEvent, /requestContext.http.method.*missing/)
    end
    each_way(http_event(method: "GE T")) { |it| expect { answer(it) }.to raise_error(Lamby::InvalidEvent, /"GE T" is not an HTTP method/) }
  end

  it "whose body is not base64 raises an error with the position" do
    each_way(http_event(body: "aGk*aGk=", isBase64Encoded: true)) do |it|
      expect { answer(it) }.to raise_error(Lamby::InvalidEvent, /field body.*not base64.*byte 3 is '\*'/)
    end
  end

  it "whose base64 body has wrong padding raises an error, and is not read as an empty body" do
    %w[= == === ==== ======== a a=== aGk== aGV5= aG=k =aGk aA==aA== aB==].push(" ", "\n", "aGk=\n").each do |body|
      each_way(http_event(body: body, isBase64Encoded: true)) do |it|
        expect { answer(it) }.to raise_error(Lamby::InvalidEvent, /field body.*not base64/m), body.inspect
      end
    end
  end

  it "that is JSON with a path that is not UTF-8 raises an error that names the field" do
    json = JSON.generate(http_event(path: "/x")).sub("/x", "/\xFF")
    expect { answer(json) }.to raise_error(Lamby::InvalidEvent, /rawPath.*invalid unicode/)
  end

  it "that is a Hash keeps header values and bodies that are not UTF-8", :extension do
    event = http_event(headers: { "x-a" => "caf\xE9" }, body: "\xFF\xFE")
    expect(env_of(event)).to include("HTTP_X_A" => "caf\xE9".b, "test.body" => "\xFF\xFE".b)
  end

  it "with a line break or NUL in a header raises an error that names the header" do
    each_way(http_event(headers: { "x-a" => "a\r\nx-b: c" })) { |it| expect { answer(it) }.to raise_error(Lamby::InvalidEvent, /headers.x-a/) }
  end

  it "with a line break or NUL in a cookie, an address or a query raises an error that names the field" do
    alb = { "httpMethod" => "GET", "path" => "/", "headers" => {}, "requestContext" => { "elb" => {} } }
    rest = { "httpMethod" => "GET", "path" => "/", "resource" => "/", "requestContext" => {} }
    ["a\rb", "a\nb", "a\0b", "a\r\nx-b: c"].each do |text|
      {
        "cookies" => http_event(cookies: ["ok=1", text]),
        "rawQueryString" => http_event(rawQueryString: text),
        "requestContext.http.sourceIp" => http_event.tap { |it| it["requestContext"]["http"]["sourceIp"] = text },
        "requestContext.identity.sourceIp" => rest.merge("requestContext" => { "identity" => { "sourceIp" => text } }),
        "headers.X-Forwarded-For" => alb.merge("headers" => { "X-Forwarded-For" => text }),
        "queryStringParameters" => alb.merge("queryStringParameters" => { "q" => text }),
        "raw_path" => { "raw_path" => "/?#{text}", "method" => "GET", "headers" => {} }
      }.each do |field, event|
        each_way(event) { |it| expect { answer(it) }.to raise_error(Lamby::InvalidEvent, /field #{field} .*line break or a NUL/), field }
      end
    end
  end

  it "is quoted in an error message with at most 200 characters" do
    long = "\u0416" * 100_000
    name = "Q" * 100_000
    [
      http_event(method: long), http_event(headers: { name => "a\nb" }), http_event(headers: { long => {} }), http_event(isBase64Encoded: long),
      http_event(requestContext: long), http_event.merge("headers" => long), http_event(body: [long] * 3), http_event(cookies: { long => [[long]] })
    ].each do |event|
      each_way(event) do |it|
        expect { answer(it) }.to raise_error(Lamby::InvalidEvent) { |error| expect(error.message.count("\u0416Q")).to be <= 200 }
      end
    end
  end

  it "with invalid header names is read without those headers" do
    each_way(http_event(headers: { "" => "1", "a b" => "2", "ä" => "3", ":authority" => "4", "x-ok" => "5" })) do |it|
      expect(env_of(it).keys.grep(/\AHTTP_(?!VERSION|HOST|X_REQUEST)/)).to eq(["HTTP_X_OK"])
    end
  end

  it "with an invalid Host header is read without this header" do
    ["a b", "a/b", "evil.example\"><script>", "example.com:x", "user@example.com", "{host}", "[2001:db8]", ""].each do |host|
      event = http_event
      event["headers"]["host"] = host
      each_way(event) do |it|
        env = env_of(it)
        expect(env).to include("SERVER_NAME" => "localhost", "SERVER_PORT" => "443").or include("SERVER_NAME" => "example.com")
        expect(env).not_to have_key("HTTP_HOST")
      end
    end
  end

  it "with 10,000 headers is read in full" do
    headers = Array.new(10_000) { |number| ["x-#{number}", number.to_s] }.to_h
    each_way(http_event(headers: headers)) do |it|
      env = env_of(it)
      expect(headers.all? { |name, value| env["HTTP_#{name.upcase.tr("-", "_")}"] == value }).to be(true)
    end
  end

  it "with a field that is nested 100,000 levels deep is read if Lamby ignores the field, and raises an error otherwise", :extension do
    deep = "#{"[" * 100_000}#{"]" * 100_000}"
    json = JSON.generate(http_event)
    expect(JSON.parse(answer(json.sub("{", %({"unknown":#{deep},))))).to include("statusCode" => 200)
    expect { answer(json.sub("{", %({"body":#{deep},))) }.to raise_error(Lamby::InvalidEvent, /field body/)
    cycle = http_event
    cycle["cycle"] = cycle["headers"]["cycle"] = cycle
    expect { answer(cycle) }.to raise_error(Lamby::InvalidEvent, /field headers.cycle/)
  end

  it "that contains itself raises UnhandledEvent, and Lamby does not loop forever", :extension do
    cycle = { "x" => 1 }
    cycle["source"] = cycle["Event"] = cycle
    list = []
    list << list
    [cycle, { "source" => list }].each { |event| expect { answer(event) }.to raise_error(Lamby::UnhandledEvent) }
  end

  it "with Symbols in place of Strings is read like one with Strings" do
    event = { version: "2.0", rawPath: :"/path", headers: { "x-a": :value }, requestContext: { http: { method: :GET } } }
    expect(env_of(event)).to include("PATH_INFO" => "/path", "HTTP_X_A" => "value", "REQUEST_METHOD" => "GET")
    event[:headers][:"x-a"] = { y: 1 }
    expect { answer(event) }.to raise_error(Lamby::InvalidEvent, /field headers.x-a/)
  end

  it "that is an object of an anonymous class raises an error that says so", :extension do
    expect { answer(Class.new.new) }.to raise_error(Lamby::InvalidEvent, /an object of an anonymous class/)
  end

  it "with a body of 6 MB is read in full" do
    bytes = Random.new(3).bytes(4_500_000)
    event = http_event(method: "POST", body: [bytes].pack("m0"), isBase64Encoded: true)
    each_way(event) { |it| expect(env_of(it)).to include("CONTENT_LENGTH" => "4500000", "test.body" => bytes) }
  end

  describe "that is not an HTTP request" do
    {
      "an Amazon SQS batch" => { "Records" => [{ "eventSource" => "aws:sqs", "body" => "x" }] },
      "an Amazon SNS notification" => { "Records" => [{ "EventSource" => "aws:sns", "Sns" => {} }] },
      "an Amazon S3 notification" => { "Records" => [{ "eventSource" => "aws:s3" }] },
      "an Amazon DynamoDB stream batch" => { "Records" => [{ "eventSource" => "aws:dynamodb" }] },
      "an Amazon Kinesis batch" => { "Records" => [{ "eventSource" => "aws:kinesis" }] },
      "an Amazon SES message" => { "Records" => [{ "eventSource" => "aws:ses" }] },
      "an Amazon CloudFront Lambda@Edge request" => { "Records" => [{ "cf" => { "request" => { "method" => "GET", "uri" => "/" } } }] },
      "an Amazon EventBridge event" => { "source" => "aws.ec2", "detail-type" => "State-change", "detail" => {} },
      "an Amazon EventBridge schedule" => { "source" => "aws.events", "detail-type" => "Scheduled Event", "detail" => {} },
      "an Amazon CloudWatch Logs batch" => { "awslogs" => { "data" => "x" } },
      "an Amazon Cognito trigger" => { "version" => "1", "triggerSource" => "PreSignUp_SignUp", "request" => {} },
      "a message of an API Gateway WebSocket API" => { "requestContext" => { "connectionId" => "x", "routeKey" => "$connect", "eventType" => "CONNECT" }, "headers" => {} },
      "a request to an API Gateway Lambda authorizer" => {
        "type" => "REQUEST", "methodArn" => "arn", "httpMethod" => "GET", "path" => "/", "resource" => "/", "requestContext" => {}
      }
    }.each do |kind, event|
      it "raises an error that names its kind: #{kind}" do
        each_way(event) { |it| expect { answer(it) }.to raise_error(Lamby::UnhandledEvent, /looks like #{kind}/) }
      end
    end

    it "raises an error if it has only some fields of a request" do
      [{}, { "method" => "deliver", "path" => "/x" }, { "version" => "2.0", "routeArn" => "arn", "requestContext" => { "http" => { "method" => "GET" } } },
       { "Records" => [] }, { "requestContext" => {} }, { "job" => "x" }, { "Records" => [{ "eventSource" => "other" }] }].each do |event|
        each_way(event) { |it| expect { answer(it) }.to raise_error(Lamby::UnhandledEvent, /not .*an HTTP request.*retry or dead-letter/) }
      end
    end
  end
end
