# frozen_string_literal: true

require "tempfile"

RSpec.describe Lamby::Body do
  # A body that counts how often it is closed.
  let(:closable) do
    Class.new do
      attr_reader :closed

      def initialize(*chunks, &block)
        @chunks = chunks
        @block = block
        @closed = 0
      end

      def each(&block)
        @chunks.each(&block)
        @block&.call
      end

      def close = @closed += 1
    end
  end

  def body_of(body, lint: false, event: http_event, headers: { "content-type" => "text/plain" })
    app = ->(_env) { [200, headers, body] }
    Lamby.handler(lint ? Rack::Lint.new(app) : app, event, lambda_context)[:body]
  end

  it "joins the chunks of an Array" do
    expect(body_of(%w[a b c], lint: true)).to eq("abc")
    expect(body_of([])).to eq("")
    expect(body_of(["a", nil, "b"])).to eq("ab")
  end

  it "joins the chunks that the body's each method yields, and closes the body once" do
    body = closable.new("a", "b")
    expect(body_of(body)).to eq("ab")
    expect(body.closed).to eq(1)
  end

  it "copies chunks, because a body may yield the same buffer again and again" do
    buffer = +""
    body = Object.new
    body.define_singleton_method(:each) { |&block| %w[one two].each { |text| block.call(buffer.replace(text)) } }
    expect(body_of(body)).to eq("onetwo")
  end

  it "joins the bytes of chunks that have different encodings" do
    chunks = ["\u00e4", "\xC3".b, "\xA4".b, "\u00e4".encode("UTF-16LE").force_encoding("BINARY").byteslice(0, 0)]
    expect(body_of(chunks)).to eq("ää")
    expect(body_of(["caf\xE9".dup.force_encoding("ISO-8859-1")])).to eq(["caf\xE9".b].pack("m0"))
  end

  it "accepts a body that has only the method to_ary" do
    body = Object.new
    body.define_singleton_method(:to_ary) { %w[x y] }
    expect(body_of(body)).to eq("xy")
  end

  it "reads the file that the body's to_path names, and does not call the method each" do
    Tempfile.create("body") do |file|
      file.binmode
      file.write("\x00\xFFfile".b)
      file.close
      body = closable.new { raise "each was called" }
      body.define_singleton_method(:to_path) { file.path }
      expect(body_of(body, headers: { "content-type" => "application/octet-stream" }).unpack1("m0")).to eq("\x00\xFFfile".b)
      expect(body.closed).to eq(1)
    end
  end

  it "calls the body's each method if to_path does not name a file" do
    body = closable.new("each")
    body.define_singleton_method(:to_path) { "/nowhere/at/all" }
    expect(body_of(body)).to eq("each")
  end

  describe "a streaming body" do
    it "is called with a stream that it can read, write, flush and close" do
      body = lambda do |stream|
        stream << "read: " << stream.read
        stream.flush
        stream.write(" and", " more")
        stream.close_read
        expect(stream.read).to be_nil
        expect(stream).not_to be_closed
        stream.close_write
        expect(stream).to be_closed
      end
      expect(body_of(body, event: http_event(method: "POST", body: "input"))).to eq("read: input and more")
    end

    it "passes Rack::Lint", if: Rack.release >= "3" do
      expect(body_of(->(stream) { stream.tap { stream.write("hello") }.close }, lint: true)).to eq("hello")
    end

    it "gets an IOError when it writes after the response is finished" do
      kept = nil
      body_of(->(stream) { kept = stream })
      expect { kept.write("late") }.to raise_error(IOError, /response is finished/)
    end
  end

  it "closes a body whose each method raises, and does not rescue the exception" do
    body = closable.new("a") { raise "halfway" }
    expect { body_of(body) }.to raise_error("halfway")
    expect(body.closed).to eq(1)
  end

  it "closes the body of an invalid response" do
    body = closable.new("a")
    expect { body_of(body, headers: { 5 => "a" }) }.to raise_error(Lamby::InvalidResponse)
    expect(body.closed).to eq(1)
  end

  it "closes a body without reading it for a HEAD request" do
    body = closable.new("a") { raise "it was read" }
    expect(body_of(body, event: http_event(method: "HEAD"))).to eq("")
    expect(body.closed).to eq(1)
  end

  describe "with Transfer-Encoding: chunked" do
    chunked = { "content-type" => "text/html", "Transfer-Encoding" => "chunked" }

    def payload(headers, body, event: http_event)
      payload_of(-> { [200, headers, body] }, event, lint: false)
    end

    HTTPEvents::INTEGRATIONS.each do |integration|
      it "decodes the body and drops the Transfer-Encoding header if the event comes from #{integration}" do
        payload = payload(chunked, ["5\r\nhello\r\n", "0\r\n", "\r\n"], event: HTTPEvents.build(integration))
        expect(HTTPResponses.read(integration, payload)).to have_attributes(body: "hello", headers: { "content-type" => ["text/html"] })
      end
    end

    it "decodes each kind of Rack body" do
      Tempfile.create("body") do |file|
        file.write("5\r\nhello\r\n0\r\n\r\n")
        file.close
        with_path = closable.new { raise "each was called" }
        with_path.define_singleton_method(:to_path) { file.path }
        [closable.new("5\r\nhel", "lo\r\n0\r\n\r\n"), ->(stream) { stream.write("5\r\nhello\r\n", "0\r\n\r\n") }, with_path].each do |body|
          expect(payload(chunked, body)).to include("body" => "hello")
        end
      end
    end

    it "drops trailers, and a Content-Length that includes the chunked framing" do
      body = ["5\r\nhello\r\n0\r\nx-checksum: 1\r\n\r\n"]
      expect(payload(chunked.merge("Trailer" => "x-checksum", "content-length" => "30"), body))
        .to include("body" => "hello", "headers" => { "content-type" => "text/html" })
      expect(payload(chunked.merge("content-length" => "5"), body)["headers"]).to include("content-length" => "5")
    end

    it "sends the decoded body as text or base64, depending on its bytes" do
      expect(payload(chunked, ["2\r\n\xC3\xA4\r\n0\r\n\r\n"])).to include("body" => "\u00e4", "isBase64Encoded" => false)
      expect(payload(chunked, ["2\r\n\xFF\x00\r\n0\r\n\r\n".b])).to include("body" => "/wA=", "isBase64Encoded" => true)
    end

    it "does not change a body that is not in chunked encoding, such as a body that a proxy application's HTTP client has already decoded" do
      ["<p>hello</p>", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n\r\nmore", ""].each do |body|
        expect(payload(chunked, [body])).to include("body" => body)
      end
    end

    it "does not change a body that has a different transfer coding, or no Transfer-Encoding header" do
      body = "5\r\nhello\r\n0\r\n\r\n"
      expect(payload({ "content-type" => "text/html" }, [body])).to include("body" => body)
      expect(payload({ "content-type" => "text/html", "transfer-encoding" => "gzip" }, [body])).to include("body" => body)
    end

    it "leaves the body empty for HEAD" do
      expect(payload(chunked, [], event: http_event(method: "HEAD"))).to include("body" => "")
    end

    it "decodes the output of Rack::Chunked", if: Rack.release < "3.1" do
      require "rack/chunked"
      app = Rack::Chunked.new(->(_env) { [200, { "content-type" => "text/plain" }, closable.new("hello", "", ", ", "world")] })
      env = { "SERVER_PROTOCOL" => "HTTP/1.1", "HTTP_VERSION" => "HTTP/1.1", "REQUEST_METHOD" => "GET" }
      status, headers, body = app.call(env)
      expect(headers.transform_keys(&:downcase)).to include("transfer-encoding" => "chunked")
      expect(payload_of(-> { [status, headers, body] }, lint: false)).to include("body" => "hello, world")
    end
  end
end
