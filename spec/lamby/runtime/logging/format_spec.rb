# frozen_string_literal: true

# Lambda's logging settings choose the format and the level of an application's log.
RSpec.describe "The log" do
  include_context "with a logging runtime"

  app = SpecApps.source(:every_logger)

  it "is not changed if Lambda sets no log format" do
    start(app)
    invoke("/tagged")
    invoke("/raise")
    until_log(/^I, \[.*\]  INFO -- : starting$/, /^\[shop\] tagged$/)
    expect(@process.log.lines.grep(/errorType/).map { |line| JSON.parse(line) }).to match([
                                                                                            include("errorType" => "Function.RuntimeError", "errorMessage" => "oops\nsecond line", "requestId" => be_a(String))
                                                                                          ])
  end

  describe "as JSON" do
    before { start(app, { "AWS_LAMBDA_LOG_FORMAT" => "JSON" }) }

    it "has one line for each record, with timestamp, level, message and request id" do
      records = records("/levels")
      expect(records.map { |it| it.values_at("level", "message") }).to eq(
        [%w[DEBUG debug], %w[INFO info], %w[WARN warn], %w[ERROR error], %w[FATAL fatal], %w[ANY unknown]].map { |level, name| [level, "a #{name}"] }
      )
      expect(records.map { |it| it["timestamp"] }).to all(match(/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/))
      start = JSON.parse(@process.log.lines.first)
      expect(start).to include("message" => "starting").and(satisfy { |it| !it.key?("requestId") })
    end

    {
      "/lines" => { "message" => "one\ntwo é" }, "/tagged" => { "message" => "[shop] tagged", "level" => "WARN" },
      "/plain-tagged" => { "message" => "[shop] tagged" }, "/no-level" => { "message" => "no level", "level" => "ANY" },
      "/hash" => { "message" => { "order" => 7 } }, "/bytes" => { "message" => '"\xFF\xFE"' },
      "/progname" => { "message" => "block", "logger" => "orders" },
      "/exception" => { "errorType" => "ArgumentError", "errorMessage" => "logged", "level" => "ERROR" },
      "/raise" => { "errorType" => "Function.RuntimeError", "errorMessage" => "oops\nsecond line", "level" => "ERROR" }
    }.each do |path, fields|
      it "has one record for each message, however the application logs it: #{path}" do
        expect(records(path)).to match([include(fields)])
      end
    end

    it "keeps the fields of a message that is a JSON object, except time, level and request id" do
      expect(records("/json")).to match([include("level" => "INFO", "own" => true, "_aws" => { "Timestamp" => 1 })])
      expect(records("/pretty")).to match([include("level" => "ERROR", "timestamp" => start_with(Time.now.utc.year.to_s), "a" => [1, 2])])
      expect(@process.log).not_to include("forged", "2001-")
    end

    it "writes a recursive Hash as text" do
      expect(records("/cyclic")).to match([include("message" => match(/self/))])
    end

    it "does not change loggers that write to a file" do
      invoke("/file")
      expect(File.read("#{@process.folder}/file.log")).to match(/INFO -- : kept$/)
    end

    it "does not mix the lines of several threads" do
      expect(records("/threads").map { |it| it["message"] }).to match_array(
        Array.new(4) { |i| Array.new(50) { |j| "#{i} #{j} #{"x" * 5000}" } }.flatten
      )
    end
  end

  it "in JSON ignores the request id in a message that is logged outside of an invocation" do
    start("#{app}ruby.info('{\"requestId\":\"forged\",\"own\":1}')", { "AWS_LAMBDA_LOG_FORMAT" => "JSON" })
    invoke("/file")
    expect(@process.log.lines.map { |line| JSON.parse(line) }).to include(include("own" => 1)).and all(satisfy { |it| it["requestId"] != "forged" })
  end

  { "WARN" => 4, "error" => 3, "TRACE" => 6, "nonsense" => 6 }.each do |level, count|
    it "contains only records of the level in AWS_LAMBDA_LOG_LEVEL and of higher levels: #{level}" do
      start(app, { "AWS_LAMBDA_LOG_FORMAT" => "JSON", "AWS_LAMBDA_LOG_LEVEL" => level })
      expect(records("/levels").size).to eq(count)
    end
  end
end
