# frozen_string_literal: true

# Some applications encode their bodies in chunks themselves, such as Rails 6.1 with `render stream: true`.
RSpec.describe "A streamed response with Transfer-Encoding: chunked" do
  include_context "with a Runtime API"

  # The application's body is what the query names.
  app = <<~'RUBY'
    require "lamby"
    go_on = ->(name) { sleep 0.001 until File.exist?(name) }
    each = Class.new do
      def initialize(&block) = @block = block
      def each(&block) = @block.call(block)
    end
    of = ->(*pieces) { each.new { |yielder| pieces.each { |piece| yielder.call(piece) } } }
    headers = { "content-type" => "text/plain", "Transfer-Encoding" => "chunked" }
    framed = "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nx-trailer: 1\r\n\r\n"
    Lamby.config.rack_app = lambda do |env|
      case env["PATH_INFO"]
      when "/array" then [200, headers, [framed]]
      when "/length" then [200, headers.merge("content-length" => framed.bytesize.to_s), [framed]]
      when "/bytes" then [200, headers, of.(*framed.chars)]
      when "/at-once" then [200, headers, each.new { |yielder| yielder.call("5\r\nfirst\r\n"); go_on.("second"); yielder.call("0\r\n\r\n") }]
      when "/split" then [200, headers, of.("1", "0\r\n0123456789abcdef", "\r", "\n0\r\n\r", "\n")]
      when "/binary" then [200, headers, of.("4\r\n\xFF\x00\r\n\r\n0\r\n\r\n".b)]
      when "/call" then [200, headers, ->(stream) { stream << "5\r\n" << stream.read << "\r\n"; stream.flush; stream.write("0\r\n", "\r\n"); stream.close; $stderr.puts "closed: #{stream.closed?}" }]
      when "/thread" then [200, headers, ->(stream) { Thread.new { framed.chars.each { |char| stream << char }; stream.close } }]
      when "/hijack" then [200, headers.merge("rack.hijack" => ->(io) { io.write(framed); io.close }), []]
      when "/file" then File.binwrite("framed", framed); [200, headers, Struct.new(:to_path).new("framed") { def each = raise("read into memory") }]
      when "/plain" then [200, headers, of.("<p>", "not framed", "</p>")]
      when "/plain-thread" then [200, headers, ->(stream) { Thread.new { stream << "abc"; stream.close } }]
      when "/digits" then [200, headers, of.("10\r\n", "20\r\n", "30\r\n")]
      when "/empty" then [200, headers, []]
      when "/malformed" then [200, headers, of.("5\r\nhello\r\n", "<p>")]
      when "/no-end" then [200, headers, of.("5\r\nhello\r\n")]
      when "/no-end-call" then [200, headers, ->(stream) { Thread.new { stream << "5\r\nhello\r\n"; stream.close rescue nil } }]
      when "/late" then [200, headers, ->(stream) { stream << framed; stream.close; begin; stream << "x"; rescue => e; $stderr.puts "rescued #{e.class}"; end }]
      else [200, { "content-type" => "text/plain" }, [framed]]
      end
    end
  RUBY

  before { @process = RuntimeProcess.new(@api, app, environment: { "LAMBY_INVOKE_MODE" => "response_stream" }) }

  def invoke(path, **request)
    @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: path, **request)))
  end

  def prelude_and_body(path, **request)
    invocation = invoke(path, **request).wait
    expect(invocation.trailers).to be_empty
    json, body = invocation.body.split("\0" * 8, 2)
    [JSON.parse(json), body]
  end

  def body(path, **request)
    prelude_and_body(path, **request).last
  end

  it "is decoded, and loses the header and the length with framing" do
    %w[/array /length /bytes].each do |path|
      prelude, body = prelude_and_body(path)
      expect(prelude["headers"]).to eq("content-type" => "text/plain")
      expect(body).to eq("hello, world")
    end
  end

  it "may be split anywhere, and hold any bytes" do
    expect(body("/split")).to eq("0123456789abcdef")
    expect(body("/binary").b).to eq("\xFF\x00\r\n".b)
  end

  it "is sent while the application makes it" do
    invocation = invoke("/at-once")
    chunks = +""
    chunks << chunk_of(invocation) until chunks.end_with?("first")
    expect(invocation.answers).to be_empty
    File.write("#{@process.folder}/second", "")
    expect(invocation.wait.body).to end_with("\0first")
  end

  it "may be written to a stream, also from a thread or by a hijacking application, or be a file" do
    expect(body("/call", method: "POST", body: "input")).to eq("input")
    until_log("closed: true")
    %w[/thread /hijack /file].each { |path| expect(body(path)).to eq("hello, world") }
    expect(body("/late")).to eq("hello, world")
    until_log(/rescued Lamby::Runtime::StreamClosed/)
  end

  it "stays unchanged if it is not in chunks" do
    expect(body("/plain")).to eq("<p>not framed</p>")
    expect(body("/plain-thread")).to eq("abc")
    expect(body("/digits")).to eq("10\r\n20\r\n30\r\n")
    expect(body("/empty")).to eq("")
  end

  it "stays unchanged without the header" do
    expect(body("/without")).to start_with("5\r\nhello")
  end

  it "breaks off if something else follows the first chunk, as in an HTTP client" do
    {
      "/malformed" => "not framed so at byte 10", "/no-end" => "ends after 10 bytes without its last chunk",
      "/no-end-call" => "ends after 10 bytes without its last chunk"
    }.each do |path, message|
      invocation = invoke(path).wait
      expect(invocation.body).to end_with("\0hello")
      expect(invocation.trailers.values.join).not_to be_empty
      until_log("Transfer-Encoding: chunked", message)
    end
    expect(body("/array")).to eq("hello, world")
  end
end
