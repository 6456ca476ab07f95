# frozen_string_literal: true

# An application may call the handler again, with the same context, while it handles a request. Only the outer response
# is sent to the Runtime API.
RSpec.describe "A nested call of Lamby.handler in a streamed response" do
  include_context "with a Runtime API"

  app = SpecApps.source(:nested_handler_calls)

  before { @process = RuntimeProcess.new(@api, app, environment: { "LAMBY_INVOKE_MODE" => "response_stream" }) }

  def invoke(path, query, integration: :function_url)
    @api.invoke(JSON.generate(HTTPEvents.build(integration, path: path, query: query))).wait
  end

  def parts(answer)
    json, body = answer.body.split("\0" * 8, 2)
    [JSON.parse(json), body]
  end

  payload = { "statusCode" => 201, "headers" => { "x-inner" => "1" }, "body" => "inner body" }

  %w[array each call hijack].each do |kind|
    it "returns a buffered payload to the outer application, whose response is streamed: #{kind}" do
      prelude, body = parts(invoke("/before", kind))
      expect(prelude).to eq("statusCode" => 200, "headers" => { "content-type" => "text/plain" })
      expect(JSON.parse(body)).to eq(payload)
    end

    it "returns a buffered payload to the body of the outer response, which is streamed: #{kind}" do
      prelude, body = parts(invoke("/within", kind))
      expect(prelude).to include("statusCode" => 200)
      expect(body.lines.map { |line| JSON.parse(line) }).to eq([payload, payload])
    end

    it "returns a buffered payload if the outer integration cannot stream: #{kind}" do
      answer = JSON.parse(invoke("/buffered-within", kind, integration: :alb).body)
      expect(JSON.parse(answer["body"])).to include("statusCode" => 201, "body" => "inner body")
    end

    it "returns a buffered payload if the handler of a non-HTTP event makes the call: #{kind}" do
      event = { "request" => HTTPEvents.build(:function_url, path: "/", query: kind) }
      answer = @api.invoke(JSON.generate(event)).wait
      expect(answer.headers).to include("content-type" => "application/json")
      expect(JSON.parse(answer.body)).to include("statusCode" => 201, "body" => "inner body")
    end
  end

  it "may raise an exception, and the outer response still arrives" do
    expect(parts(invoke("/before", "raise")).last).to eq("rescued inner")
    expect(parts(invoke("/within", "raise")).last).to eq("rescued inner\nrescued inner\n")
  end

  it "does not change how an error of the outer application is reported" do
    answer = invoke("/app-fails", "array")
    expect(answer).to have_attributes(kind: :error)
    expect(JSON.parse(answer.body)).to include("errorType" => "Function.KeyError")
  end

  it "runs its callbacks after the outer response was delivered" do
    invoke("/before", "array")
    invoke("/before", "array")
    expect(@process.log.scan("inner finished").size).to be >= 1
  end

  it "cannot begin the invocation's stream a second time" do
    client = instance_double(Lamby::Runtime::Client)
    allow(client).to receive(:begin_stream).and_yield
    stream = Lamby::Runtime::ResponseStream.new(client, nil, nil)
    stream.begin("{}", nil, nil)
    expect { stream.begin("{}", nil, nil) }.to raise_error(Lamby::Runtime::Error, "the response has already begun, and can begin only once")
  end
end
