# frozen_string_literal: true

# Some applications, such as Rails 6.1 with `render stream: true`, apply the chunked encoding themselves.
RSpec.describe "A streamed response with Transfer-Encoding: chunked" do
  include_context "with a Runtime API"

  # The application has a different body for each path.
  app = SpecApps.source(:bodies_in_chunks)

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

  it "is decoded, and Transfer-Encoding and Content-Length are dropped" do
    %w[/array /length /bytes].each do |path|
      prelude, body = prelude_and_body(path)
      expect(prelude["headers"]).to eq("content-type" => "text/plain")
      expect(body).to eq("hello, world")
    end
  end

  it "is decoded however its chunks are split, and whatever bytes they contain" do
    expect(body("/split")).to eq("0123456789abcdef")
    expect(body("/binary").b).to eq("\xFF\x00\r\n".b)
  end

  it "is sent while the application is still writing it" do
    invocation = invoke("/at-once")
    chunks = +""
    chunks << chunk_of(invocation) until chunks.end_with?("first")
    expect(invocation.answers).to be_empty
    File.write("#{@process.folder}/second", "")
    expect(invocation.wait.body).to end_with("\0first")
  end

  it "is decoded if the application writes it to a stream, in a thread or with rack.hijack, or responds with a file" do
    expect(body("/call", method: "POST", body: "input")).to eq("input")
    until_log("closed: true")
    %w[/thread /hijack /file].each { |path| expect(body(path)).to eq("hello, world") }
    expect(body("/late")).to eq("hello, world")
    until_log(/rescued Lamby::Runtime::StreamClosed/)
  end

  it "stays unchanged if the body is not in chunked encoding" do
    expect(body("/plain")).to eq("<p>not framed</p>")
    expect(body("/plain-thread")).to eq("abc")
    expect(body("/digits")).to eq("10\r\n20\r\n30\r\n")
    expect(body("/empty")).to eq("")
  end

  it "is decoded because of its Transfer-Encoding header: without this header, the same body stays unchanged" do
    expect(body("/without")).to start_with("5\r\nhello")
  end

  it "ends with an error if the text after the first chunk is malformed or incomplete" do
    {
      "/malformed" => "chunks are malformed at byte 10", "/no-end" => "ends after 10 bytes without its last chunk",
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
