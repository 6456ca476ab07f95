# frozen_string_literal: true

# What each integration is answered. The small events hold just what tells the
# integrations apart.
RSpec.describe "A response" do
  events = {
    function_url: {
      "version" => "2.0", "rawPath" => "/", "requestContext" => { "domainName" => "abc.lambda-url.us-east-1.on.aws", "http" => { "method" => "GET" } }
    },
    http_api_v2: { "version" => "2.0", "rawPath" => "/", "requestContext" => { "http" => { "method" => "GET" } } },
    http_api_v1: { "version" => "1.0", "httpMethod" => "GET", "path" => "/", "requestContext" => {} },
    rest_api: { "resource" => "/", "httpMethod" => "GET", "path" => "/", "requestContext" => {} },
    alb: { "httpMethod" => "GET", "path" => "/", "headers" => {}, "requestContext" => { "elb" => {} } },
    alb_multi_value: { "httpMethod" => "GET", "path" => "/", "multiValueHeaders" => {}, "requestContext" => { "elb" => {} } },
    vpc_lattice_v1: { "method" => "GET", "raw_path" => "/" },
    vpc_lattice_v2: { "version" => "2.0", "method" => "GET", "path" => "/", "requestContext" => { "serviceNetworkArn" => "arn" } }
  }.freeze

  def as_head(event)
    event = Marshal.load(Marshal.dump(event))
    event["httpMethod"] &&= "HEAD"
    event["method"] &&= "HEAD"
    event["requestContext"]["http"]["method"] = "HEAD" if event.dig("requestContext", "http")
    event
  end

  # Rack 3 wants names in lower case and several values in an Array; Rack 2 joins them by line feeds.
  def repeated(*values)
    Rack.release < "3" ? values.join("\n") : values
  end

  let(:response) do
    [200, { "content-type" => "text/plain", "set-cookie" => repeated("a=1; Path=/", "b=2"), "x-two" => repeated("1", "2") }, ["hello"]]
  end

  events.each do |integration, event|
    describe "to #{integration}" do
      it "has status, text and no base64" do
        payload = payload_of([201, { "content-type" => "text/plain" }, ["hello"]], event)
        expect(payload).to include("statusCode" => 201, "body" => "hello", "isBase64Encoded" => false)
      end

      it "has binary bytes in base64" do
        bytes = (0..255).to_a.pack("C*")
        payload = payload_of([200, { "content-type" => "image/png" }, [bytes]], event)
        expect(payload).to include("isBase64Encoded" => true)
        expect(payload["body"].unpack1("m0")).to eq(bytes)
      end

      it "has no body for HEAD, and keeps the headers of a GET" do
        payload = payload_of([200, { "content-type" => "text/plain", "content-length" => "5" }, []], as_head(event), lint: false)
        expect(payload).to include("body" => "", "isBase64Encoded" => false)
        expect((payload["headers"] || payload["multiValueHeaders"]).transform_values { |value| Array(value).first })
          .to eq("content-type" => "text/plain", "content-length" => "5")
      end

      it "has neither body nor content headers for 204 and 304" do
        [204, 304].each do |status|
          payload = payload_of([status, { "content-type" => "text/plain", "content-length" => "4", "etag" => "x" }, ["oops"]], event, lint: false)
          expect(payload).to include("statusCode" => status, "body" => "")
          expect((payload["headers"] || payload["multiValueHeaders"]).keys).to eq(["etag"])
        end
      end
    end
  end

  %i[function_url http_api_v2].each do |integration|
    it "to #{integration} has cookies of their own, and repeated headers combined" do
      payload = payload_of(response, events[integration])
      expect(payload["cookies"]).to eq(["a=1; Path=/", "b=2"])
      expect(payload["headers"]).to eq("content-type" => "text/plain", "x-two" => "1, 2")
      expect(payload).not_to include("multiValueHeaders")
    end
  end

  %i[http_api_v1 rest_api].each do |integration|
    it "to #{integration} has repeated headers and cookies in multiValueHeaders, and only there" do
      payload = payload_of(response, events[integration])
      expect(payload["headers"]).to eq("content-type" => "text/plain")
      expect(payload["multiValueHeaders"]).to eq("set-cookie" => ["a=1; Path=/", "b=2"], "x-two" => %w[1 2])
      expect(payload).not_to include("cookies")
    end
  end

  it "to a load balancer with multi-value headers has all headers there, and only there" do
    payload = payload_of(response, events[:alb_multi_value])
    expect(payload["multiValueHeaders"])
      .to eq("content-type" => ["text/plain"], "set-cookie" => ["a=1; Path=/", "b=2"], "x-two" => %w[1 2])
    expect(payload).not_to include("headers", "cookies")
    expect(payload_of([204, {}, []], events[:alb_multi_value])).to include("multiValueHeaders" => {})
  end

  %i[alb vpc_lattice_v1 vpc_lattice_v2].each do |integration|
    it "to #{integration} has each cookie under a spelling of its own, and repeated headers combined" do
      headers = payload_of(response, events[integration])["headers"]
      cookies = headers.select { |name, _| name.downcase == "set-cookie" }
      expect(cookies.values).to eq(["a=1; Path=/", "b=2"])
      expect(headers).to include("x-two" => "1, 2")
    end
  end

  it "has a status description for load balancers" do
    descriptions = [200, 404, 418, 599].map do |status|
      payload_of([status, { "content-type" => "text/plain" }, []], events[:alb])["statusDescription"]
    end
    expect(descriptions).to eq(["200 OK", "404 Not Found", "418 I'm a teapot", "599"])
    expect(payload_of(response, events[:rest_api])).not_to include("statusDescription")
  end

  describe "whose body" do
    def encoded?(headers, *chunks)
      payload_of([200, headers, chunks], lint: false)["isBase64Encoded"]
    end

    it "is text travels as text" do
      ["text/html", "application/json", "application/vnd.api+json; charset=utf-8", "image/svg+xml", "application/xml", "text/javascript"].each do |type|
        expect(encoded?({ "Content-Type" => type }, "<ä>")).to be(false), type
      end
      expect(encoded?({}, "no type")).to be(false)
    end

    it "is UTF-8 travels as text, whatever its type, as a REST API decodes base64 only for the types that it lists" do
      %w[
        application/jwt application/jose application/vnd.apple.mpegurl audio/x-mpegurl application/jsonl application/json-seq
        application/openapi+yaml application/x-pem-file application/pem-certificate-chain application/pgp-keys application/sdp
        application/x-sh application/rtf message/rfc822 multipart/mixed x/unknown none
      ].each do |type|
        events.each_value do |event|
          expect(payload_of([200, { "content-type" => type }, ["plain t\u00e4xt\n"]], event))
            .to include("body" => "plain t\u00e4xt\n", "isBase64Encoded" => false), type
        end
      end
    end

    it "is of a type that is binary by definition travels as base64, whatever its bytes look like" do
      ["image/png", "application/octet-stream", "application/pdf", "font/woff2", "application/zip", "application/epub+zip", "Video/MP4; a=b"].each do |type|
        expect(encoded?({ "content-type" => type }, "ascii")).to be(true), type
      end
    end

    it "has a content encoding travels as base64, but for identity" do
      ["gzip", "br", "zstd", "identity, gzip", "GZIP", "deflate,identity"].each do |encoding|
        expect(encoded?({ "content-type" => "text/plain", "content-encoding" => encoding }, "x")).to be(true), encoding
      end
      expect(encoded?({ "content-type" => "text/plain", "content-encoding" => "Identity" }, "x")).to be(false)
    end

    it "is not UTF-8 travels as base64, also under a type of text" do
      expect(encoded?({ "content-type" => "text/plain; charset=iso-8859-1" }, "caf\xE9".b)).to be(true)
      expect(encoded?({ "content-type" => "application/json" }, "\xED\xA0\x80".b)).to be(true)
    end

    it "is split within a character is still text" do
      expect(payload_of([200, { "content-type" => "text/plain" }, ["\xC3".b, "\xA4".b]])).to include("body" => "ä", "isBase64Encoded" => false)
    end

    it "is large and has so many escapes that base64 is shorter travels as base64, where any type is decoded" do
      quotes = [200, { "content-type" => "application/json" }, ["\"" * 300_000]]
      events.each do |integration, event|
        payload = payload_of(quotes, event, lint: false)
        expect(payload["isBase64Encoded"]).to be(!%i[rest_api http_api_v1].include?(integration)), integration.to_s
      end
      expect(encoded?({ "content-type" => "application/json" }, "\"" * 1000)).to be(false)
      expect(encoded?({ "content-type" => "application/json" }, (("\"" * 10) + ("a" * 30)) * 10_000)).to be(false)
    end

    it "is marked as binary travels as base64, and the mark is for Lamby alone" do
      expect(encoded?({ "content-type" => "text/plain", "Content-Transfer-Encoding" => "binary" }, "x")).to be(true)
      payload = payload_of([200, { "content-type" => "text/plain", "X-Lamby-Base64" => "1" }, ["x"]], lint: false)
      expect(payload).to include("isBase64Encoded" => true, "headers" => { "content-type" => "text/plain" })
    end

    it "has any bytes at all makes JSON that reads back as those bytes" do
      random = Random.new(1)
      2_000.times do
        bytes = random.bytes(random.rand(80))
        bytes = bytes.gsub(/[\x80-\xff]/n) { |byte| (byte.ord - 128).chr } if random.rand < 0.5
        payload = JSON.parse(Lamby.handler(->(_env) { [200, { "content-type" => "text/plain" }, [bytes]] }, JSON.generate(http_event), nil))
        body = payload["isBase64Encoded"] ? payload["body"].unpack1("m0") : payload["body"].b
        expect(body).to eq(bytes.b)
      end
    end
  end

  describe "with a header" do
    def headers_of(headers)
      payload_of([200, headers, ["hello"]], lint: false)["headers"]
    end

    it "of several lines has several values, as in Rack 2" do
      expect(headers_of("X-A" => "1\n2\n")).to eq("X-A" => "1, 2")
    end

    it "of an Array has several values, as in Rack 3" do
      expect(headers_of("x-a" => %w[1 2], "x-b" => [])).to eq("x-a" => "1, 2")
    end

    it "whose name differs by case only has them combined" do
      expect(headers_of("X-A" => "1", "x-a" => "2")).to eq("X-A" => "1, 2")
    end

    it "that is no String has it as text; nil is none" do
      expect(headers_of("x-int" => 5, "x-sym" => :a, "x-array" => [1, 2], "x-nil" => nil)).to eq("x-int" => "5", "x-sym" => "a", "x-array" => "1, 2")
    end

    it "of Latin-1 bytes has them as text, and the JSON is whole" do
      expect(headers_of("x-a" => "caf\xE9".b, "x-b" => "\u00e4")).to eq("x-a" => "café", "x-b" => "ä")
    end

    it "that is for the server or of one hop does not send it" do
      dropped = %w[rack.hijack Connection Transfer-Encoding Keep-Alive Upgrade TE Trailer status]
      expect(headers_of(dropped.to_h { |name| [name, "x"] }.merge("x-a" => "b"))).to eq("x-a" => "b")
    end

    it "of content length keeps it only where it is true" do
      expect(headers_of("content-length" => "5")).to eq("content-length" => "5")
      expect(headers_of("content-length" => "6", "x-a" => "b")).to eq("x-a" => "b")
    end

    it "with a control character in a value loses that value, as on Puma, so that no client can fail an invocation" do
      ["a\rb", "a\0b", "\e[0m", ["a\nb"], ["a\r\nset-cookie: x=1"]].each do |value|
        expect(headers_of("x-a" => value, "x-b" => "1")).to eq("x-b" => "1"), value.inspect
      end
      expect(headers_of("x-a" => "a\r\nset-cookie: x=1")).to eq("x-a" => "set-cookie: x=1")
      expect(headers_of("x-a" => ["1", "\0", "2"])).to eq("x-a" => "1, 2")
    end

    it "keeps tabs and DEL, as on Puma" do
      expect(headers_of("location" => "/search?q=\x7F", "x-a" => "a\tb")).to eq("location" => "/search?q=\x7F", "x-a" => "a\tb")
    end

    it "whose name is not a token is dropped" do
      ["a b", "a:b", "a\r\nb", "", "ä", "a\x7F"].each do |name|
        expect(headers_of(name => "x", "x-b" => "1")).to eq("x-b" => "1"), name.inspect
      end
    end
  end

  describe "with a status" do
    it "of any kind that Rack 2.2 accepts is converted with to_i" do
      rational = Rational(405, 2)
      { "201" => 201, "201 Created" => 201, " 200" => 200, 200.0 => 200, rational => 202 }.each do |status, sent|
        expect(payload_of([status, { "content-type" => "text/plain" }, ["x"]], lint: Rack.release < "3")).to include("statusCode" => sent)
      end
    end

    it "that is not an HTTP status is an error that quotes it, cut to 200 characters" do
      { nil => "nil (NilClass)", "ok" => '"ok" (String)', 12.5 => "12.5 (Float)", :ok => ":ok (Symbol)", [] => "[] (Array)" }.each do |status, shown|
        expect { payload_of([status, {}, []], lint: false) }.to raise_error(Lamby::InvalidResponse, /status is #{Regexp.escape(shown)}; Rack wants/)
      end
      expect { payload_of([1000, {}, []], lint: false) }.to raise_error(Lamby::InvalidResponse, /status is 1000; HTTP has 100 to 999/)
      expect { payload_of(["x" * 100_000, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse) { |error| expect(error.message).to match(/status is "x{199}… \(String\)/) }
    end

    it "whose inspect raises is an error that says so" do
      status = Object.new
      def status.inspect = raise("inspected")
      expect { payload_of([status, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse, /status is an object of class Object, whose inspect raised RuntimeError: inspected; Rack wants/)
    end

    it "whose inspect raises an error without a message is an error that says so" do
      status = Object.new
      def status.inspect = raise(Class.new(StandardError) { def message = raise("no message") })
      expect { payload_of([status, {}, []], lint: false) }
        .to raise_error(Lamby::InvalidResponse, /whose inspect raised an anonymous exception; Rack wants/)
    end

    it "passes on a signal that comes while the error of its inspect is described" do
      status = Object.new
      def status.inspect = raise(Class.new(StandardError) { def message = raise(SignalException, "TERM") })
      expect { payload_of([status, {}, []], lint: false) }.to raise_error(SignalException)
    end

    it "whose inspect exits ends the process" do
      status = Object.new
      def status.inspect = exit(3)
      expect { payload_of([status, {}, []], lint: false) }.to raise_error(SystemExit)
    end
  end

  describe "that is too large" do
    def answer(size, event, type: "text/plain", chunk: "x")
      Lamby.handler(->(_env) { [200, { "content-type" => type }, [chunk * size]] }, event, nil)
    end

    it "for Lambda is an error with both sizes, in either way" do
      [http_event, JSON.generate(http_event)].each do |event|
        expect { answer((6 * 1024 * 1024) + 200, event) }
          .to raise_error(Lamby::ResponseTooLarge, /response is 6291\d\d\d bytes as JSON, more than the 6291556 bytes that an API Gateway HTTP API/)
        expect { answer(6_291_000, event) }.not_to raise_error
      end
    end

    it "for a load balancer is one from 1 MB" do
      expect { answer(1024 * 1024, events[:alb]) }.to raise_error(Lamby::ResponseTooLarge, /1048576 bytes that an Application Load Balancer takes/)
      expect { answer(1_048_000, events[:alb]) }.not_to raise_error
    end

    it "is measured with its escapes and its base64" do
      expect { answer(3 * 1024 * 1024, events[:rest_api], chunk: "\"\\") }.to raise_error(Lamby::ResponseTooLarge)
      expect { answer(5 * 1024 * 1024, http_event, type: "image/png") }.to raise_error(Lamby::ResponseTooLarge)
    end
  end

  it "with more cookies than spellings is an error for a load balancer without multi-value headers" do
    many = [200, { "set-cookie" => Array.new(513) { |number| "c#{number}=1" } }, []]
    expect { payload_of(many, events[:alb], lint: false) }.to raise_error(Lamby::InvalidResponse, /more than 512 cookies.*multi-value/)
    expect(payload_of(many, events[:alb_multi_value], lint: false)["multiValueHeaders"]["set-cookie"].size).to eq(513)
  end
end
