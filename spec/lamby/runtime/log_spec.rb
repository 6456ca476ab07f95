# frozen_string_literal: true

require "socket"

# Where an application's log goes, as Lambda wants it.
RSpec.describe "The log" do
  include_context "with a Runtime API"

  app = <<~'RUBY'
    require "lamby"
    require "logger"
    require "active_support"
    require "active_support/logger"
    require "active_support/tagged_logging"
    ruby, rails = Logger.new($stdout), ActiveSupport::TaggedLogging.new(ActiveSupport::Logger.new($stdout))
    plain = ActiveSupport::TaggedLogging.new(ActiveSupport::Logger.new($stdout).tap { |it| it.formatter = Logger::Formatter.new })
    file = Logger.new("file.log")
    ruby.info("starting")
    Lamby.config.rack_app = lambda do |env|
      case env["PATH_INFO"]
      when "/levels" then %i[debug info warn error fatal unknown].each { |level| ruby.public_send(level, "a #{level}") }
      when "/lines" then ruby.info("one\ntwo \u00E9")
      when "/tagged" then rails.tagged("shop") { rails.warn("tagged") }
      when "/plain-tagged" then plain.tagged("shop") { plain.info("tagged") }
      when "/no-level" then ruby.add(nil, "no level")
      when "/hash" then ruby.info({ "order" => 7 })
      when "/json" then rails.info('{"level":"DEBUG","own":true,"timestamp":"2001-01-01T00:00:00.000Z","requestId":"forged","_aws":{"Timestamp":1}}')
      when "/pretty" then rails.error("{\n  \"level\": \"DEBUG\",\n  \"timestamp\": \"2001-01-01\",\n  \"a\": [1,\n 2],\n  \"requestId\": \"forged\"\n}")
      when "/cyclic" then ruby.info({ "order" => 1 }.tap { |it| it["self"] = it })
      when "/exception" then ruby.error(ArgumentError.new("logged"))
      when "/bytes" then ruby.info("\xFF\xFE".b)
      when "/progname" then ruby.info("orders") { "block" }
      when "/file" then file.info("kept") && ruby.debug("x")
      when "/threads" then Array.new(4) { |i| Thread.new { 50.times { |j| ruby.info("#{i} #{j} " + "x" * 5000) } } }.each(&:join)
      when "/raise" then raise "oops\nsecond line"
      end
      [200, { "content-type" => "text/plain" }, []]
    end
  RUBY

  def start(code, environment = {}, **options)
    @process = RuntimeProcess.new(@api, code, environment: environment, **options)
  end

  # Waits for the next poll as well: the log of an error is written between the response and that.
  def invoke(path)
    invocation = @api.invoke(JSON.generate(http_event(path: path))).tap(&:wait)
    wait_until("the next poll") { @api.exchanges.last.path == "/invocation/next" }
    invocation
  end

  # The JSON records of an invocation.
  def records(path)
    id = invoke(path).request_id
    @process.log.lines.map { |line| JSON.parse(line) }.select { |record| record["requestId"] == id }
  end

  it "is left as the application writes it where Lambda asks for nothing" do
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

    it "has a line for each record, with time, level, message and request id" do
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
      it "takes whatever is logged: #{path}" do
        expect(records(path)).to match([include(fields)])
      end
    end

    it "keeps the fields of a message that is a JSON object, but for time, level and request id" do
      expect(records("/json")).to match([include("level" => "INFO", "own" => true, "_aws" => { "Timestamp" => 1 })])
      expect(records("/pretty")).to match([include("level" => "ERROR", "timestamp" => start_with(Time.now.utc.year.to_s), "a" => [1, 2])])
      expect(@process.log).not_to include("forged", "2001-")
    end

    it "writes a Hash that contains itself as text" do
      expect(records("/cyclic")).to match([include("message" => match(/self/))])
    end

    it "leaves other logs alone" do
      invoke("/file")
      expect(File.read("#{@process.folder}/file.log")).to match(/INFO -- : kept$/)
    end

    it "does not mix the lines of several threads" do
      expect(records("/threads").map { |it| it["message"] }).to match_array(
        Array.new(4) { |i| Array.new(50) { |j| "#{i} #{j} #{"x" * 5000}" } }.flatten
      )
    end
  end

  it "as JSON does not take a request id from a message outside of an invocation" do
    start("#{app}ruby.info('{\"requestId\":\"forged\",\"own\":1}')", { "AWS_LAMBDA_LOG_FORMAT" => "JSON" })
    invoke("/file")
    expect(@process.log.lines.map { |line| JSON.parse(line) }).to include(include("own" => 1)).and all(satisfy { |it| it["requestId"] != "forged" })
  end

  # Records that Lamby writes about an exception that does not fail the invocation.
  describe "of exceptions that do not fail the invocation" do
    forged = '{"timestamp":"2001-01-01T00:00:00.000Z","level":"INFO","message":"paid","_aws":{}}'
    code = <<~RUBY
      require "lamby"
      FORGED = #{forged.dump}
      class Odd < StandardError
        def message = raise("no message")
        def self.name(_) = "x"
        def cause = raise("no cause")
      end
      Lamby.config.rescue_errors = true
      Lamby.config.on(:sqs) { |event, _| Lamby.each_record(event) { |record| raise "no \#{record["body"]}" } }
      Lamby.config.handled_proc = ->(event, _) { raise "handled \n\#{FORGED}" if event["Records"].nil? && event["rawPath"] == "/handled" }
      Lamby.config.rack_app = lambda do |env|
        case env["PATH_INFO"]
        when "/rescued" then raise "page\n\#{FORGED}\n\e[2J"
        when "/caused" then begin; raise "first\n\#{FORGED}"; rescue StandardError; raise ArgumentError, "second"; end
        when "/long" then raise "x" * 200_000
        when "/odd" then raise Odd
        when "/json" then JSON.define_singleton_method(:generate) { |*| raise "patched" } && raise("generated")
        when "/handled" then raise Exception, "failed"
        when "/finished" then env["rack.response_finished"] << ->(*) { raise "finished\n\#{FORGED}" }
        when "/replied" then env["rack.after_reply"] << -> { raise "replied\r\n\#{FORGED}" }
        when "/closed"
          $stderr.close
          raise "closed"
        end
        [200, { "content-type" => "text/plain" }, ["ok"]]
      end
    RUBY
    sqs = JSON.generate("Records" => [{ "eventSource" => "aws:sqs", "eventSourceARN" => "arn:aws:sqs:eu-west-1:1:q", "messageId" => "m\n#{forged}", "body" => "record\n#{forged}\n" }])

    # After the next invocation, as callbacks run when a response was delivered.
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
        lines.reject! { |line| line.start_with?('{"requestId"') } # The invocation's own error.
        expect(lines).to match([match(/\A\[ERROR\] RequestId: \S+ lamby: .*#{type}: /)])
        expect(lines.first).not_to match(/[\e\n]/)
      end
    end

    it "name the causes" do
      start(code, { "AWS_LAMBDA_LOG_FORMAT" => "JSON" })
      expect(JSON.parse(records_of(event("/caused")).last)["causes"]).to match([include("errorType" => "RuntimeError", "errorMessage" => start_with("first\n"))])
    end

    it "are short enough that Lambda does not split them" do
      start(code)
      expect(records_of(event("/long"))).to match([satisfy { |line| line.bytesize < 20_000 && line.include?("x… (shortened)") }])
    end

    it "are written without JSON's help where an application has broken it" do
      start(code, { "AWS_LAMBDA_LOG_FORMAT" => "JSON" })
      expect(JSON.parse(records_of(event("/json")).last)).to include("level" => "ERROR", "errorMessage" => "generated", "requestId" => be_a(String))
    end

    it "stop nothing where standard error is closed" do
      start(code)
      expect(JSON.parse(@api.invoke(event("/closed")).wait.body)).to include("statusCode" => 500)
      expect(JSON.parse(@api.invoke(event("/")).wait.body)).to include("statusCode" => 200)
    end

    it "are JSON also where AWS's client runs the function" do
      said = IO.popen({ "AWS_LAMBDA_LOG_FORMAT" => "JSON" }, [RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "-e", "#{code}Lamby.cmd(event: #{sqs.dump}, context: nil)"], err: %i[child out], &:readlines)
      expect(said.map { |line| JSON.parse(line) }).to match([include("level" => "ERROR", "errorType" => "RuntimeError")])
    end
  end

  { "WARN" => 4, "error" => 3, "TRACE" => 6, "nonsense" => 6 }.each do |level, count|
    it "begins at the level that Lambda asks for: #{level}" do
      start(app, { "AWS_LAMBDA_LOG_FORMAT" => "JSON", "AWS_LAMBDA_LOG_LEVEL" => level })
      expect(records("/levels").size).to eq(count)
    end
  end

  describe "on a descriptor of Lambda's" do
    # What the frames say: type, time and text.
    def frames(bytes)
      frames = []
      until bytes.empty?
        type, length, time = bytes.unpack("L>L>Q>")
        frames << [type, Time.at(time / 1_000_000.0), bytes[16, length].force_encoding("UTF-8")]
        bytes = bytes[(16 + length)..]
      end
      frames
    end

    # The process logs to the third descriptor, which is a file here.
    def start_with_frames(code, environment = {})
      @frames = Tempfile.new("frames", binmode: true)
      start(code, { "_LAMBDA_TELEMETRY_LOG_FD" => "3" }.merge(environment), redirect: { 3 => @frames })
    end

    it "is in frames with type and level, and a record may have many lines" do
      start_with_frames("#{app}$stderr.puts ENV.key?('_LAMBDA_TELEMETRY_LOG_FD')")
      %w[/levels /lines /raise].each { |path| invoke(path) }
      frames = frames(File.binread(@frames.path))
      expect(frames.map { |type, *| type.to_s(16) }).to eq(
        %w[a55a000f a55a000b a55a000f a55a0013 a55a0017 a55a001b a55a0003 a55a000f a55a0017]
      )
      expect(frames.map { |_, time, _| time }).to all(be_within(60).of(Time.now))
      expect(frames[-2].last).to match(/INFO -- : one\ntwo é\z/)
      expect(JSON.parse(frames.last.last)).to include("errorType" => "Function.RuntimeError")
      expect(@process.log).to eq("false\n")
    end

    it "is in frames of JSON where Lambda asks for both" do
      start_with_frames(app, { "AWS_LAMBDA_LOG_FORMAT" => "JSON", "AWS_LAMBDA_LOG_LEVEL" => "WARN" })
      invoke("/levels")
      frames = frames(File.binread(@frames.path))
      expect(frames.map { |type, *| type.to_s(16) }).to eq(%w[a55a0012 a55a0016 a55a001a a55a0002])
      expect(frames.map { |*, text| JSON.parse(text)["message"] }).to eq(["a warn", "a error", "a fatal", "a unknown"])
    end

    it "goes to standard output where the descriptor is not there" do
      start(app, { "_LAMBDA_TELEMETRY_LOG_FD" => "97" })
      invoke("/lines")
      until_log("INFO -- : one\ntwo é\n")
    end
  end

  it "of each process goes to a connection of its own where Lambda provides them" do
    Dir.mktmpdir do |folder|
      server = UNIXServer.new("#{folder}/provider")
      streams = []
      accepting = Thread.new { loop { server.accept.then { |socket| streams << Thread.new { socket.read } } } }
      start("#{app}Lamby.config.workers = 2\nLamby.config.after_fork { |index| puts \"out of \#{index}\"; $stderr.puts \"err of \#{index}\" }", {
              "AWS_LAMBDA_MAX_CONCURRENCY" => "2", "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET" => "#{folder}/provider"
            })
      invoke("/lines")
      @process.kill("TERM")
      @process.wait
      accepting.kill
      texts = streams.map(&:value)
      expect(texts.size).to eq(6) # Of three processes.
      2.times { |index| expect(texts).to include("out of #{index}\n").or include(start_with("out of #{index}\nI, ")) }
      expect(texts).to include("err of 0\n", "err of 1\n")
    ensure
      server&.close
    end
  end
end
