# frozen_string_literal: true

RSpec.describe "The log" do
  include_context "with a logging runtime"

  describe "records of exceptions that do not make the invocation fail" do
    forged = '{"timestamp":"2001-01-01T00:00:00.000Z","level":"INFO","message":"paid","_aws":{}}'
    code = "FORGED = #{forged.dump}\n#{SpecApps.source(:fails_beside_the_response)}"
    sqs = JSON.generate("Records" => [{ "eventSource" => "aws:sqs", "eventSourceARN" => "arn:aws:sqs:eu-west-1:1:q", "messageId" => "m\n#{forged}", "body" => "record\n#{forged}\n" }])

    # Runs a second invocation before it returns the records. The second invocation begins only when the callbacks of
    # the first have ended.
    def records_of(event)
      @api.invoke(event).wait
      @api.invoke(JSON.generate(http_event)).wait
      @process.log.lines(chomp: true)
    end

    def event(path) = JSON.generate(http_event(path: path))

    {
      "a record of a batch" => [sqs, "RuntimeError", /\Ano record/], "a page for an exception" => ["/rescued", "RuntimeError", /\Apage/],
      "rack.response_finished" => ["/finished", "RuntimeError", /\Afinished/], "rack.after_reply" => ["/replied", "RuntimeError", /\Areplied/],
      "handled_proc" => ["/handled", "RuntimeError", /\Ahandled/], "an exception with a cause" => ["/caused", "ArgumentError", /\Asecond\z/],
      "an exception whose own methods raise" => ["/odd", "Odd", /message/]
    }.each do |name, (path, type, message)|
      it "are one JSON object each: #{name}" do
        start(code, { "AWS_LAMBDA_LOG_FORMAT" => "JSON" })
        records = records_of(path.start_with?("{") ? path : event(path)).map { |line| JSON.parse(line) }
        expect(records.map { |it| it["level"] }.uniq).to eq(["ERROR"])
        expect(records).to include(include("errorType" => type, "errorMessage" => message, "message" => start_with("lamby: "), "requestId" => be_a(String), "stackTrace" => be_an(Array)))
      end

      it "are one line of text each: #{name}" do
        start(code)
        lines = records_of(path.start_with?("{") ? path : event(path))
        # In the row "handled_proc", the invocation fails. The log then contains its error report as well.
        lines.reject! { |line| line.start_with?('{"requestId"') }
        expect(lines).to match([match(/\A\[ERROR\] RequestId: \S+ lamby: .*#{type}: /)])
        expect(lines.first).not_to match(/[\e\n]/)
      end
    end

    it "contain the exception's causes" do
      start(code, { "AWS_LAMBDA_LOG_FORMAT" => "JSON" })
      expect(JSON.parse(records_of(event("/caused")).last)["causes"]).to match([include("errorType" => "RuntimeError", "errorMessage" => start_with("first\n"))])
    end

    it "are shortened so that Lambda does not split them" do
      start(code)
      expect(records_of(event("/long"))).to match([satisfy { |line| line.bytesize < 20_000 && line.include?("x… (shortened)") }])
    end

    it "are valid JSON even if the application has replaced JSON.generate" do
      start(code, { "AWS_LAMBDA_LOG_FORMAT" => "JSON" })
      expect(JSON.parse(records_of(event("/json")).last)).to include("level" => "ERROR", "errorMessage" => "generated", "requestId" => be_a(String))
    end

    it "do not stop the runtime if standard error is closed" do
      start(code)
      expect(JSON.parse(@api.invoke(event("/closed")).wait.body)).to include("statusCode" => 500)
      expect(JSON.parse(@api.invoke(event("/")).wait.body)).to include("statusCode" => 200)
    end

    it "are JSON even if AWS's runtime client runs the function" do
      said = IO.popen({ "AWS_LAMBDA_LOG_FORMAT" => "JSON" }, [RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "-e", "#{code}Lamby.cmd(event: #{sqs.dump}, context: nil)"], err: %i[child out], &:readlines)
      expect(said.map { |line| JSON.parse(line) }).to match([include("level" => "ERROR", "errorType" => "RuntimeError")])
    end
  end
end
