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
      when "/json" then rails.info('{"level":"INFO","own":true}')
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

  def invoke(path)
    @api.invoke(JSON.generate(http_event(path: path))).tap(&:wait)
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
    expect(@process.log).to match(/^I, \[.*\]  INFO -- : starting$/).and match(/^\[shop\] tagged$/)
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

    it "leaves alone what the application has made JSON of, and other logs" do
      invoke("/json")
      invoke("/file")
      expect(@process.log.lines).to include("{\"level\":\"INFO\",\"own\":true}\n")
      expect(File.read("#{@process.folder}/file.log")).to match(/INFO -- : kept$/)
    end

    it "does not mix the lines of several threads" do
      expect(records("/threads").map { |it| it["message"] }).to match_array(
        Array.new(4) { |i| Array.new(50) { |j| "#{i} #{j} #{"x" * 5000}" } }.flatten
      )
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
      expect(@process.log).to include("INFO -- : one\ntwo é\n")
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
