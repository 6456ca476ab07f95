# frozen_string_literal: true

RSpec.describe "A response" do
  events = SmallEvents::ALL

  describe "body" do
    def encoded?(headers, *chunks)
      payload_of([200, headers, chunks], lint: false)["isBase64Encoded"]
    end

    it "is sent as text if it has a text type" do
      ["text/html", "application/json", "application/vnd.api+json; charset=utf-8", "image/svg+xml", "application/xml", "text/javascript"].each do |type|
        expect(encoded?({ "Content-Type" => type }, "<ä>")).to be(false), type
      end
      expect(encoded?({}, "no type")).to be(false)
    end

    it "is sent as text if it is UTF-8, whatever its type, because a REST API decodes base64 only for its list of binary types" do
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

    it "is sent as base64 if it has a binary type, even if its bytes are ASCII" do
      ["image/png", "application/octet-stream", "application/pdf", "font/woff2", "application/zip", "application/epub+zip", "Video/MP4; a=b"].each do |type|
        expect(encoded?({ "content-type" => type }, "ascii")).to be(true), type
      end
    end

    it "is sent as base64 if it has a content encoding other than identity" do
      ["gzip", "br", "zstd", "identity, gzip", "GZIP", "deflate,identity"].each do |encoding|
        expect(encoded?({ "content-type" => "text/plain", "content-encoding" => encoding }, "x")).to be(true), encoding
      end
      expect(encoded?({ "content-type" => "text/plain", "content-encoding" => "Identity" }, "x")).to be(false)
    end

    it "is sent as base64 if it is not UTF-8, even with a text type" do
      expect(encoded?({ "content-type" => "text/plain; charset=iso-8859-1" }, "caf\xE9".b)).to be(true)
      expect(encoded?({ "content-type" => "application/json" }, "\xED\xA0\x80".b)).to be(true)
    end

    it "is sent as text if it is UTF-8 and a character is split between two chunks" do
      expect(payload_of([200, { "content-type" => "text/plain" }, ["\xC3".b, "\xA4".b]])).to include("body" => "ä", "isBase64Encoded" => false)
    end

    it "is sent as base64 if it is a large text that is longer with JSON escapes than in base64, and the integration decodes base64 for every type" do
      quotes = [200, { "content-type" => "application/json" }, ["\"" * 300_000]]
      events.each do |integration, event|
        payload = payload_of(quotes, event, lint: false)
        expect(payload["isBase64Encoded"]).to be(!%i[rest_api http_api_v1].include?(integration)), integration.to_s
      end
      expect(encoded?({ "content-type" => "application/json" }, "\"" * 1000)).to be(false)
      expect(encoded?({ "content-type" => "application/json" }, (("\"" * 10) + ("a" * 30)) * 10_000)).to be(false)
    end

    it "is sent as base64 if a header marks it as binary; X-Lamby-Base64 itself is not sent" do
      expect(encoded?({ "content-type" => "text/plain", "Content-Transfer-Encoding" => "binary" }, "x")).to be(true)
      payload = payload_of([200, { "content-type" => "text/plain", "X-Lamby-Base64" => "1" }, ["x"]], lint: false)
      expect(payload).to include("isBase64Encoded" => true, "headers" => { "content-type" => "text/plain" })
    end

    it "of random bytes arrives unchanged" do
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
end
