# frozen_string_literal: true

# Sends events to `lamby serve` as the AWS CLI and the SDKs do.
RSpec.describe "lamby serve, as Lambda's API operation Invoke" do
  after { ServeProcess.started.dup.each(&:stop) }

  def serve(...) = ServeProcess.new(...)

  path = "/2015-03-31/functions/my-function/invocations"

  define_method(:invoke) { |server, event, **headers| server.request("POST", path, body: event, headers: headers.transform_keys(&:to_s)) }

  it "returns what the function returned, and the end of its log" do
    response = invoke(serve, '{"task":"count"}', "x-amz-log-type": "Tail")
    expect([response.code, JSON.parse(response.body)["done"]]).to eq(%w[200 count])
    expect(response["x-amz-executed-version"]).to eq("$LATEST")
    expect(response["x-amz-function-error"]).to be_nil
    expect(response["x-amzn-requestid"]).to match(/\A\h{8}-/)
    expect(response["x-amz-log-result"].unpack1("m")).to eq("handling count\n")
  end

  it "invokes the function with the event of a request" do
    response = invoke(serve, Lamby::Simulator.event(:alb, url: "https://example.com/orders"))
    expect(JSON.parse(JSON.parse(response.body)["body"])["path"]).to eq("/orders")
  end

  it "passes the client context to the function" do
    server = serve
    response = invoke(server, '{"task":"count"}', "x-amz-client-context": ['{"custom":{"a":1}}'].pack("m0"))
    expect(JSON.parse(response.body)["client"]).to eq("custom" => { "a" => 1 })
    response = invoke(server, '{"task":"count"}', "x-amz-client-context": ["{\n\n\"a\":\r\n\"b\"}"].pack("m0"))
    expect(JSON.parse(response.body)["client"]).to eq("a" => "b")
    ["?", ["{\"a\":\"\xFF\"}"].pack("m0")].each do |context|
      expect(invoke(server, "{}", "x-amz-client-context": context)["x-amzn-errortype"]).to eq("InvalidRequestContentException")
    end
  end

  it "invokes the function with an empty object if there is no event" do
    expect(JSON.parse(invoke(serve, "").body)["done"]).to be_nil
  end

  it "refuses requests of lamby run and lamby console, because it checks no permissions" do
    mark = [JSON.generate("custom" => { "lamby" => "console" })].pack("m0")
    response = invoke(serve, JSON.generate("lamby.console" => { "run" => "ls" }), "x-amz-client-context": mark)
    expect([response.code, response["x-amzn-errortype"], response.body]).to match(["403", "AccessDeniedException", include("lamby serve does not run the requests of lamby run")])
  end

  it "reports errors of the function as Lambda does" do
    server = serve("--timeout", "1")
    response = invoke(server, '{"task":"fail"}')
    expect([response.code, response["x-amz-function-error"]]).to eq(%w[200 Unhandled])
    expect(JSON.parse(response.body)).to include("errorType" => "Function.ArgumentError", "errorMessage" => "no such task", "stackTrace" => Array)
    response = invoke(server, '{"task":"sleep"}')
    expect(response["x-amz-function-error"]).to eq("Unhandled")
    expect(JSON.parse(response.body)).to include("errorType" => "Sandbox.Timedout", "errorMessage" => /Task timed out after 1.00 seconds/)
    response = invoke(server, '{"task":"exit"}')
    expect(JSON.parse(response.body)).to include("errorType" => "Runtime.ExitError", "errorMessage" => /the process ended with status 4/)
  end

  it "invokes asynchronously, and tries a failed event two more times" do
    server = serve
    response = invoke(server, '{"task":"fail"}', "x-amz-invocation-type": "Event")
    expect([response.code, response.body]).to eq(["202", ""])
    server.until_log("the last attempt failed")
    expect(File.read("#{server.folder}/attempts")).to eq("xxx")
  end

  it "does not invoke the function for a dry run" do
    server = serve
    expect(invoke(server, '{"task":"count"}', "x-amz-invocation-type": "DryRun").code).to eq("204")
    expect(server.log).not_to include("handling")
  end

  it "refuses what Lambda refuses" do
    server = serve("--concurrency", "1")
    refusal = ->(response) { [response.code, response["x-amzn-errortype"]] }
    expect(refusal.call(invoke(server, "{"))).to eq(%w[400 InvalidRequestContentException])
    expect(refusal.call(invoke(server, "{\"a\":\"\xFF\"}"))).to eq(%w[400 InvalidRequestContentException])
    expect(refusal.call(invoke(server, "{}", "x-amz-invocation-type": "Sometimes"))).to eq(%w[400 InvalidParameterValueException])
    expect(refusal.call(invoke(server, "\"#{"x" * 6_300_000}\""))).to eq(%w[413 RequestTooLargeException])
    expect(refusal.call(invoke(server, "\"#{"x" * 1_100_000}\"", "x-amz-invocation-type": "Event"))).to eq(%w[413 RequestTooLargeException])
    waiting = Thread.new { server.request("GET", "/wait").code }
    server.until_file("waiting")
    expect(refusal.call(invoke(server, "{}"))).to eq(%w[429 TooManyRequestsException])
    server.write("continue")
    expect(waiting.value).to eq("200")
    expect(invoke(server, "{}", origin: "https://evil.example").code).to eq("403")
  end

  describe "called by the AWS CLI", :linters, :slow do
    it "invokes the function" do
      server = serve
      command = [
        Linters.path("aws"), "lambda", "invoke", "--endpoint-url", server.url, "--function-name", "anything", "--region", "us-east-1",
        "--payload", '{"task":"count"}', "--log-type", "Tail", "#{server.folder}/out.json"
      ]
      out, status = Open3.capture2e({ "AWS_ACCESS_KEY_ID" => "any", "AWS_SECRET_ACCESS_KEY" => "any" }, *command)
      expect([out, status.exitstatus]).to match([/"StatusCode": 200/, 0])
      expect(JSON.parse(out)["LogResult"].unpack1("m")).to eq("handling count\n")
      expect(JSON.parse(File.read("#{server.folder}/out.json"))["done"]).to eq("count")
    end
  end
end
