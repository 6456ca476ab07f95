# frozen_string_literal: true

RSpec.describe Lamby::Runtime do
  include_context "with a runtime"

  rack_app = SpecApps.source(:every_outcome)

  describe "invocations" do
    before { start(rack_app) }

    it "are handled one after the other over one connection" do
      3.times { expect(get("/")).to eq("hello") }
      expect(@api.connections).to eq(1)
      expect(@api.exchanges.map { |it| "#{it.method} #{it.path[/\w+\z/]}" }.first(6)).to eq(["GET next", "POST response"] * 3)
    end

    it "reach the native extension as bytes: no Ruby code parses their JSON" do
      get("/")
      expect(get("/parsed")).to eq("0")
    end

    it "may have a request body and a response body of 4 MB, which arrive unchanged" do
      bytes = Random.new(1).bytes(4_000_000)
      event = http_event(method: "POST", path: "/echo", body: [bytes].pack("m0"), isBase64Encoded: true)
      expect(JSON.parse(@api.invoke(JSON.generate(event)).wait.body)["body"].unpack1("m")).to eq(bytes)
    end

    it "get a response with the Content-Type application/json and a User-Agent that names lamby and Ruby" do
      headers = invoke("/").wait.headers
      expect(headers).to include("content-type" => "application/json", "user-agent" => %r{\Alamby/\d\S* ruby/\d})
      expect(headers).not_to include("lambda-runtime-invocation-id")
    end

    it "get their Lambda-Runtime-Invocation-Id back, both with a response and with an error" do
      headers = { "Lambda-Runtime-Invocation-Id" => "5-of-5" }
      %w[/ /raise].each do |path|
        expect(invoke(path, headers: headers).wait.headers).to include("lambda-runtime-invocation-id" => "5-of-5")
      end
    end

    it "have their request id percent-encoded in the path of the response" do
      invocation = invoke("/", headers: { "Lambda-Runtime-Aws-Request-Id" => "a/../b?c" })
      wait_until { @api.exchanges.size > 1 }
      expect(@api.exchanges[1].path).to eq("/invocation/a%2F..%2Fb%3Fc/response")
      expect(invocation.answers).to be_empty
    end

    it "are requested from URLs that begin with the path in AWS_LAMBDA_RUNTIME_API, if this variable contains a path" do
      @process.stop
      @api.close
      @api = Lamby::Testing::RuntimeAPI.new(prefix: "/proxy")
      start(rack_app)
      expect(get("/")).to eq("hello")
    end
  end

  describe "a handler that is not Lamby.cmd" do
    code = SpecApps.source(:function_handlers)

    it "gets the event as a Hash, and its return value is sent as JSON" do
      start(code, handler: "app.top")
      invocation = @api.invoke('{"a":[1,"é"]}')
      expect(JSON.parse(invocation.wait.body)).to eq("got" => { "a" => [1, "é"] }, "id" => invocation.request_id)
    end

    it "may be a method of a nested class, and may return a StringIO, nil or a String, as with AWS's runtime client" do
      start(code, handler: "app.Shop::Orders.process")
      bodies = %w[io nil text].map { |want| @api.invoke(JSON.generate(want: want)).wait.body }
      expect(bodies).to eq(["raw \xFF bytes".b, "null", '"text"'])
      expect(JSON.parse(@api.invoke("{}").wait.body)).to include("errorType" => "Function.KeyError", "errorMessage" => "key not found: \"missing\"")
    end

    it "is not called with an event that is not JSON: the invocation fails, and the next invocation is handled" do
      start(code, handler: "app.top")
      expect(JSON.parse(@api.invoke("{").wait.body)).to include("errorType" => "Function.JSONParserError")
      expect(@api.invoke("{}").wait.kind).to eq(:response)
    end

    it "may be named on the command line instead of in _HANDLER" do
      start(code, handler: "nothing.here", arguments: ["app.top"])
      expect(@api.invoke("{}").wait.kind).to eq(:response)
    end
  end

  describe "callbacks" do
    it "run after the response was delivered and before the next poll: rack.after_reply first, then rack.response_finished in reverse order" do
      start(rack_app)
      after = invoke("/after")
      expect(JSON.parse(after.wait.body)["body"]).to eq("answered")
      expect(@process.log).not_to include("finished 1")
      expect(@api.exchanges.count { |it| it.path == "/invocation/next" }).to eq(1)
      expect(get("/")).to eq("hello")
      expect(@process.log.scan(/^after_reply 1|oops|^finished \d.*/)).to eq(["after_reply 1", "oops", "finished 2", "finished 1: 200 nil"])
    end
  end
end
