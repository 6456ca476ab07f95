# frozen_string_literal: true

RSpec.describe "A streamed response" do
  include_context "with a streaming runtime"

  app = SpecApps.source(:streamed_responses)

  describe "in Lambda's streaming protocol" do
    before { start(app) }

    it "consists of Lambda's headers, a JSON prelude, eight NUL bytes and the body" do
      answer = invoke("/headers").wait
      expect(answer).to have_attributes(kind: :response, trailers: {})
      expect(answer.headers).to include(
        "content-type" => "application/vnd.awslambda.http-integration-response", "transfer-encoding" => "chunked",
        "lambda-runtime-function-response-mode" => "streaming",
        "trailer" => "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"
      )
      expect(answer.headers).not_to include("content-length")
      expect(answer.body).to eq(
        '{"statusCode":201,"headers":{"Content-Type":"text/plain","x-quote":"say \"hi\""},"cookies":["a=1","b=2"]}' \
        "\0\0\0\0\0\0\0\0ok"
      )
    end

    it "puts repeated headers into multiValueHeaders for a REST API" do
      expect(parts(invoke("/headers", integration: :rest_api).wait).first).to eq(
        "statusCode" => 201, "headers" => { "Content-Type" => "text/plain", "x-quote" => 'say "hi"' },
        "multiValueHeaders" => { "set-cookie" => ["a=1", "b=2"] }
      )
    end

    it "has a binary body as raw bytes, never as base64" do
      expect(body("/binary")).to eq("\xFF\x00\r\n".b)
    end

    it "closes its connection at the end, and the next invocation uses a new connection" do
      2.times { expect(body("/array")).to eq("one two") }
      wait_until { @api.connections == 3 }
    end

    it "has no body for HEAD and 204, and closes the application's body" do
      expect(parts(invoke("/each", method: "HEAD").wait)).to eq([{ "statusCode" => 200, "headers" => { "content-type" => "text/plain" } }, ""])
      expect(parts(invoke("/empty").wait)).to eq([{ "statusCode" => 204, "headers" => {} }, ""])
      until_log("body closed")
    end

    it "has the invocation's Lambda-Runtime-Invocation-Id" do
      expect(invoke("/array", headers: { "Lambda-Runtime-Invocation-Id" => "i-7" }).wait.headers).to include("lambda-runtime-invocation-id" => "i-7")
    end
  end

  describe "with a Content-Length" do
    before { start(app) }

    it "keeps a Content-Length that matches the body" do
      expect(parts(invoke("/length", query: "5").wait)).to match([include("headers" => include("content-length" => "5")), "12345"])
    end

    { "4" => "longer than its Content-Length", "6" => "1 bytes before its Content-Length" }.each do |length, message|
      it "ends with an error if the Content-Length is #{length} and the body has 5 bytes" do
        answer = invoke("/length", query: length).wait
        expect(answer.trailers["lambda-runtime-function-error-type"]).to eq("Function.LambyInvalidResponse")
        expect(JSON.parse(answer.trailers["lambda-runtime-function-error-body"].unpack1("m"))["errorMessage"]).to include(message)
      end
    end
  end

  %i[alb alb_multi_value http_api_v2 http_api_v1 vpc_lattice_v2].each do |integration|
    it "is sent buffered, with one warning, to an integration that cannot stream: #{integration}" do
      start(app)
      2.times do
        answer = invoke("/array", integration: integration).wait
        expect(answer.headers).to include("content-type" => "application/json")
        expect(JSON.parse(answer.body)).to include("body" => "one two")
      end
      expect(JSON.parse(invoke("/hijack", integration: integration).wait.body)).to include("body" => "hijacked")
      expect(@process.log.scan("[WARN] lamby: a response to #{integration} is not streamed").size).to eq(1)
    end
  end

  it "is sent only if invoke_mode is response_stream; an invalid invoke_mode makes the initialization fail" do
    start(app, "LAMBY_INVOKE_MODE" => nil)
    expect(JSON.parse(invoke("/array").wait.body)).to include("body" => "one two")
    @process.stop
    start(app, "LAMBY_INVOKE_MODE" => "chunky")
    expect(JSON.parse(initialization_error.body)["errorMessage"]).to eq(
      'invoke_mode (LAMBY_INVOKE_MODE) is "chunky", and has to be one of buffered, response_stream'
    )
  end

  { "minor" => [1, {}], "full" => [true, { slow: true }] }.each do |kind, (stress, metadata)|
    it "is unchanged by a #{kind} garbage collection at every allocation", **metadata do
      start("#{app}GC.stress = #{stress}\n")
      expect(parts(invoke("/headers").wait)).to match([include("statusCode" => 201), "ok"])
      expect(body("/thread")).to eq("012")
      expect(invoke("/raise-after").wait.trailers).to include("lambda-runtime-function-error-type" => "Function.ArgumentError")
    end
  end
end
