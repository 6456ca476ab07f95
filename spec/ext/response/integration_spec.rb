# frozen_string_literal: true

# The payload that each integration gets.
RSpec.describe "A response" do
  events = SmallEvents::ALL

  def as_head(event)
    event = Marshal.load(Marshal.dump(event))
    event["httpMethod"] &&= "HEAD"
    event["method"] &&= "HEAD"
    event["requestContext"]["http"]["method"] = "HEAD" if event.dig("requestContext", "http")
    event
  end

  # Rack 3 expects names in lower case, and several values in an Array. Rack 2 joins them with line feeds.
  def repeated(*values)
    Rack.release < "3" ? values.join("\n") : values
  end

  let(:response) do
    [200, { "content-type" => "text/plain", "set-cookie" => repeated("a=1; Path=/", "b=2"), "x-two" => repeated("1", "2") }, ["hello"]]
  end

  events.each do |integration, event|
    describe "to #{integration}" do
      it "has the status, and a text body without base64" do
        payload = payload_of([201, { "content-type" => "text/plain" }, ["hello"]], event)
        expect(payload).to include("statusCode" => 201, "body" => "hello", "isBase64Encoded" => false)
      end

      it "has a binary body in base64" do
        bytes = (0..255).to_a.pack("C*")
        payload = payload_of([200, { "content-type" => "image/png" }, [bytes]], event)
        expect(payload).to include("isBase64Encoded" => true)
        expect(payload["body"].unpack1("m0")).to eq(bytes)
      end

      it "has no body for HEAD, but the headers of a GET" do
        payload = payload_of([200, { "content-type" => "text/plain", "content-length" => "5" }, []], as_head(event), lint: false)
        expect(payload).to include("body" => "", "isBase64Encoded" => false)
        expect((payload["headers"] || payload["multiValueHeaders"]).transform_values { |value| Array(value).first })
          .to eq("content-type" => "text/plain", "content-length" => "5")
      end

      it "has no body, Content-Type and Content-Length for 204 and 304" do
        [204, 304].each do |status|
          payload = payload_of([status, { "content-type" => "text/plain", "content-length" => "4", "etag" => "x" }, ["oops"]], event, lint: false)
          expect(payload).to include("statusCode" => status, "body" => "")
          expect((payload["headers"] || payload["multiValueHeaders"]).keys).to eq(["etag"])
        end
      end
    end
  end

  %i[function_url http_api_v2].each do |integration|
    it "to #{integration} has a list of cookies, and joins the values of other repeated headers" do
      payload = payload_of(response, events[integration])
      expect(payload["cookies"]).to eq(["a=1; Path=/", "b=2"])
      expect(payload["headers"]).to eq("content-type" => "text/plain", "x-two" => "1, 2")
      expect(payload).not_to include("multiValueHeaders")
    end
  end

  %i[http_api_v1 rest_api].each do |integration|
    it "to #{integration} has repeated headers and cookies only in multiValueHeaders" do
      payload = payload_of(response, events[integration])
      expect(payload["headers"]).to eq("content-type" => "text/plain")
      expect(payload["multiValueHeaders"]).to eq("set-cookie" => ["a=1; Path=/", "b=2"], "x-two" => %w[1 2])
      expect(payload).not_to include("cookies")
    end
  end

  it "to a load balancer with multi-value headers has all headers only in multiValueHeaders" do
    payload = payload_of(response, events[:alb_multi_value])
    expect(payload["multiValueHeaders"])
      .to eq("content-type" => ["text/plain"], "set-cookie" => ["a=1; Path=/", "b=2"], "x-two" => %w[1 2])
    expect(payload).not_to include("headers", "cookies")
    expect(payload_of([204, {}, []], events[:alb_multi_value])).to include("multiValueHeaders" => {})
  end

  %i[alb vpc_lattice_v1 vpc_lattice_v2].each do |integration|
    it "to #{integration} spells set-cookie differently for each cookie, because each name can occur only once, and joins the values of other headers" do
      headers = payload_of(response, events[integration])["headers"]
      cookies = headers.select { |name, _| name.downcase == "set-cookie" }
      expect(cookies.values).to eq(["a=1; Path=/", "b=2"])
      expect(headers).to include("x-two" => "1, 2")
    end
  end

  it "to a load balancer has a status description" do
    descriptions = [200, 404, 418, 599].map do |status|
      payload_of([status, { "content-type" => "text/plain" }, []], events[:alb])["statusDescription"]
    end
    expect(descriptions).to eq(["200 OK", "404 Not Found", "418 I'm a teapot", "599"])
    expect(payload_of(response, events[:rest_api])).not_to include("statusDescription")
  end

  it "with more than 512 cookies raises an error for a load balancer without multi-value headers" do
    many = [200, { "set-cookie" => Array.new(513) { |number| "c#{number}=1" } }, []]
    expect { payload_of(many, events[:alb], lint: false) }.to raise_error(Lamby::InvalidResponse, /more than 512 cookies.*multi-value/)
    expect(payload_of(many, events[:alb_multi_value], lint: false)["multiValueHeaders"]["set-cookie"].size).to eq(513)
  end
end
