# frozen_string_literal: true

return unless Requirements.gem?("rails")

# Streams from the example application through `lamby runtime`.
RSpec.describe "A Rails application that streams" do
  before(:all) do
    @api = Lamby::Testing::RuntimeAPI.new
    @process = RuntimeProcess.new(
      @api, nil, folder: File.join(RuntimeProcess::ROOT, "examples/rails"), handler: "config/environment.Lamby.cmd",
                 environment: { "LAMBY_INVOKE_MODE" => "response_stream" }
    )
  end

  after { |example| puts @process.log if example.exception }

  after(:all) do
    @process.stop
    @api.close
  end

  def invoke(path, query = "", integration: :function_url, headers: {})
    @api.invoke(JSON.generate(HTTPEvents.build(integration, path: path, query: query, headers: headers)))
  end

  def parts(answer)
    expect(answer.kind).to eq(:response), answer.body
    json, body = answer.body.split("\0" * 8, 2)
    [prelude(json), body]
  end

  # With Rack 3, Rails writes header names in lower case.
  def prelude(json)
    JSON.parse(json).tap { |prelude| prelude["headers"].transform_keys!(&:downcase) }
  end

  it "sends server-sent events one by one, as they happen" do
    invocation = invoke("/clock", "ticks=3&pause=0.1")
    expect(prelude(chunk_of(invocation).delete("\0"))).to include("headers" => include("content-type" => %r{\Atext/event-stream}))
    3.times do |number|
      event = +""
      event << chunk_of(invocation) until event.end_with?("\n\n")
      expect(event).to match(/\Aevent: tick\ndata: \{"number":#{number},/)
      expect(invocation.answers).to be_empty if number < 2
    end
    expect(invocation.wait.trailers).to be_empty
  end

  %i[function_url rest_api].each do |integration|
    it "sends a download while it is generated, behind #{integration}" do
      prelude, body = parts(invoke("/table", "rows=5000", integration: integration).wait)
      expect(prelude).to include("statusCode" => 200, "headers" => include("content-disposition" => start_with('attachment; filename="table.csv"')))
      expect(body.lines.size).to eq(5001)
      expect(body.lines.last).to eq("4999,24990001\n")
    end
  end

  it "sends a page while its template is rendered" do
    prelude, body = parts(invoke("/page").wait)
    expect(prelude).to include("statusCode" => 200)
    expect(body).to start_with("<h1>Page</h1>").and end_with("Line 99</p>\n")
    expect(body).not_to include("\r\n") # Rails 6.1 applies the chunked encoding, and Lamby must remove it.
    expect(prelude["headers"]).not_to include("transfer-encoding")
  end

  it "sends files, pages, sessions and cookies" do
    expect(parts(invoke("/download/file").wait).last).to eq(File.binread("#{@process.folder}/public/robots.txt"))
    expect(parts(invoke("/").wait).last).to include("Hello from Rails")
    expect(parts(invoke("/session").wait).first["cookies"]).to include(/_example_session=/)
  end

  it "ends a response that fails after its first bytes, and handles the next request" do
    _, body = parts(invoke("/broken").wait)
    expect(body).to include("some of it")
    expect(parts(invoke("/").wait).last).to include("Hello from Rails")
  end

  it "ends its streaming thread after the client has closed the connection" do
    broken = false
    @api.on_chunk = lambda do |exchange, chunk|
      next true unless chunk.include?("event: tick")

      broken = true
      exchange.reset
      exchange.socket.close
      raise IOError, "gone"
    end
    invoke("/clock", "ticks=1000&pause=0.01")
    wait_until { broken && @process.log.include?("the client has gone") }
    @api.on_chunk = nil
    expect(parts(invoke("/").wait).last).to include("Hello from Rails")
  end
end
