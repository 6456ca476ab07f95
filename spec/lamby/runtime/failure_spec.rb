# frozen_string_literal: true

RSpec.describe "With lamby runtime," do
  include_context "with a runtime"

  rack_app = SpecApps.source(:every_outcome)

  describe "an invocation that fails" do
    before { start(rack_app) }

    it "is reported with error type, message and stack trace in Lambda's format, and the next invocation is handled" do
      answer = invoke("/raise").wait
      expect(JSON.parse(answer.body)).to include(
        "errorType" => "Function.ArgumentError", "errorMessage" => "no café", "stackTrace" => include(/app\.rb:\d+:in/)
      )
      cause = JSON.parse(answer.headers["lambda-runtime-function-xray-error-cause"])
      expect(cause).to include("working_directory" => File.realpath(@process.folder))
      expect(cause["exceptions"].first).to include("type" => "Function.ArgumentError", "message" => "no café")
      expect(cause["exceptions"].first["stack"].first).to include("path" => /app\.rb/, "line" => Integer)
      expect(get("/")).to eq("hello")
      until_log('"errorType":"Function.ArgumentError"')
    end

    {
      "/bytes" => "Function.RuntimeError", "/anonymous" => "Function.AnonymousError", "/not-implemented" => "Function.NotImplementedError",
      "/deep" => "Function.SystemStackError", "/exception" => "Function.ShopClosed"
    }.each do |path, type|
      it "is reported with an error type in Lambda's format, and the next invocation is handled: #{path}" do
        expect(failure(path)["errorType"]).to eq(type).and match(/\A(Runtime|Function)\.[A-Z][a-zA-Z]+\z/)
        expect(get("/")).to eq("hello")
      end
    end

    it "is reported if there is no handler for its kind of event" do
      expect(JSON.parse(@api.invoke('{"Records":[{"eventSource":"aws:sqs"}]}').wait.body)).to include("errorType" => "Function.LambyUnhandledEvent")
    end

    { "/exit" => ["Function.SystemExit", 3], "/abort" => ["Function.SystemExit", 1], "/no-memory" => ["Function.NoMemoryError", 1] }.each do |path, (type, status)|
      it "is reported before the process ends: #{path}" do
        expect(failure(path)["errorType"]).to eq(type)
        expect(@process.wait.exitstatus).to eq(status)
      end
    end

    it "is reported if the handler kills its own thread, which is the process's main thread" do
      expect(failure("/thread")["errorType"]).to eq("Function.SystemExit")
    end
  end

  describe "an initialization that fails" do
    {
      "a raising initializer" => ["raise KeyError, 'no DATABASE_URL'", "app.Lamby.cmd", "Function.KeyError", "no DATABASE_URL"],
      "a syntax error" => ["def (", "app.Lamby.cmd", "Runtime.UserCodeSyntaxError", /app\.rb:1/],
      "a file that cannot be loaded" => ["require 'no/such/gem'", "app.Lamby.cmd", "Runtime.ImportModuleError", %r{no/such/gem}],
      "a missing file" => ["", "other.Lamby.cmd", "Runtime.HandlerNotFound", /other\.rb/],
      "a missing method" => ["", "app.nothing", "Runtime.HandlerNotFound", /nothing/],
      "a missing class" => ["", "app.Nothing.call", "Runtime.HandlerNotFound", /Nothing/],
      "a malformed handler name" => ["", "app", "Runtime.HandlerNotFound", /FILE\.METHOD/],
      "a call of exit" => ["exit", "app.Lamby.cmd", "Runtime.ExitError", /exit/]
    }.each do |what, (code, handler, type, message)|
      it "is reported once, and ends the process: #{what}" do
        start(code, handler: handler)
        error = initialization_error
        expect(error.headers).to include("lambda-runtime-function-error-type" => type)
        expect(JSON.parse(error.body)).to include("errorType" => type, "errorMessage" => match(message), "stackTrace" => Array)
        expect(@process.wait.exitstatus).to eq(1)
        expect(@api.exchanges.map(&:path)).to eq(["/init/error"])
      end
    end

    it "outside of Lambda is reported with the name of the missing variable and the advice to use lamby invoke" do
      start("", environment: { "AWS_LAMBDA_RUNTIME_API" => nil })
      expect(@process.wait.exitstatus).to eq(2)
      until_log("the runtime needs AWS_LAMBDA_RUNTIME_API", "lamby invoke")
    end
  end
end
