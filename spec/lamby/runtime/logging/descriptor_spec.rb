# frozen_string_literal: true

require "socket"

RSpec.describe "The log" do
  include_context "with a logging runtime"

  app = SpecApps.source(:every_logger)

  describe "on the descriptor in _LAMBDA_TELEMETRY_LOG_FD" do
    # Returns the type, time and text of each frame.
    def frames(bytes)
      frames = []
      until bytes.empty?
        type, length, time = bytes.unpack("L>L>Q>")
        frames << [type, Time.at(time / 1_000_000.0), bytes[16, length].force_encoding("UTF-8")]
        bytes = bytes[(16 + length)..]
      end
      frames
    end

    # The process logs to descriptor 3, which is a temporary file in these specs.
    def start_with_frames(code, environment = {})
      @frames = Tempfile.new("frames", binmode: true)
      start(code, { "_LAMBDA_TELEMETRY_LOG_FD" => "3" }.merge(environment), redirect: { 3 => @frames })
    end

    it "is written in frames, each with a level and one record of one or more lines" do
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

    it "is written in frames of JSON records if Lambda also sets the JSON format" do
      start_with_frames(app, { "AWS_LAMBDA_LOG_FORMAT" => "JSON", "AWS_LAMBDA_LOG_LEVEL" => "WARN" })
      invoke("/levels")
      frames = frames(File.binread(@frames.path))
      expect(frames.map { |type, *| type.to_s(16) }).to eq(%w[a55a0012 a55a0016 a55a001a a55a0002])
      expect(frames.map { |*, text| JSON.parse(text)["message"] }).to eq(["a warn", "a error", "a fatal", "a unknown"])
    end

    it "goes to standard output if the descriptor is not open" do
      start(app, { "_LAMBDA_TELEMETRY_LOG_FD" => "97" })
      invoke("/lines")
      until_log("INFO -- : one\ntwo é\n")
    end
  end

  it "of each worker process goes to its own connection to the socket that Lambda provides" do
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
      expect(texts.size).to eq(6) # Standard output and standard error of the main process and of two workers.
      2.times { |index| expect(texts).to include("out of #{index}\n").or include(start_with("out of #{index}\nI, ")) }
      expect(texts).to include("err of 0\n", "err of 1\n")
    ensure
      server&.close
    end
  end
end
