# frozen_string_literal: true

require "fileutils"

# Runs `lamby runtime` for a long time against the benchmark's server, because the Runtime API of the other specs is too
# slow for so many invocations.
RSpec.describe "The runtime, after 200,000 invocations", :slow, if: File.exist?("/proc/self/statm") do
  root = File.expand_path("../..", __dir__)
  rounds = 5
  invocations = 50_000

  before(:all) do
    target = "#{root}/bench/target"
    command = ["cargo", "build", "--release", "--quiet", "--manifest-path", "#{root}/bench/runtime_api/Cargo.toml"]
    raise "the server does not compile" unless system({ "CARGO_TARGET_DIR" => target }, *command)

    @server_program = "#{target}/release/lamby-bench-runtime-api"
  end

  { "one at a time" => "1", "eight at once" => "8" }.each do |how, concurrency|
    it "does not leak memory or descriptors if the invocations run #{how}" do
      Dir.mktmpdir do |folder|
        File.write("#{folder}/event.json", JSON.generate(http_event(method: "POST", path: "/orders", body: "a=1", headers: { "accept" => "*/*" })))
        server = IO.popen([@server_program, "serve", "#{folder}/event.json", "100", rounds.to_s, invocations.to_s])
        api = Struct.new(:address).new("127.0.0.1:#{server.gets.strip}")
        process = RuntimeProcess.new(api, <<~RUBY, environment: { "LAMBY_CONCURRENCY" => concurrency })
          require "lamby"
          Lamby.config.workers = 1
          Lamby.config.rack_app = lambda do |env|
            env["rack.response_finished"] << ->(*) {}
            [200, { "content-type" => "text/plain" }, [env["rack.input"].read]]
          end
        RUBY
        seen = Array.new(rounds - 1) { server.gets && [process.resident, process.descriptors] }
        expect(seen.map(&:last).uniq.size).to eq(1)
        expect((seen.last.first - seen.first.first) / 1024).to be_between(-2048, 2048), "resident memory, in bytes: #{seen.map(&:first)}"
        expect(server.gets).not_to be_nil, process.log # Waits for the last round.
      ensure
        process&.stop
        server&.close
      end
    end
  end
end

RSpec.describe "The runtime, after 300 invocations", if: File.exist?("/proc/self/fd") do
  include_context "with a Runtime API"

  { "one at a time" => "1", "eight at once" => "8" }.each do |how, concurrency|
    it "does not leak descriptors if the invocations run #{how}" do
      @process = RuntimeProcess.new(@api, <<~RUBY, environment: { "LAMBY_CONCURRENCY" => concurrency })
        require "lamby"
        Lamby.config.workers = 1
        Lamby.config.rack_app = ->(env) { [200, { "content-type" => "text/plain" }, [env["rack.input"].read]] }
      RUBY
      event = JSON.generate(http_event(method: "POST", body: "a=1"))
      polls = concurrency.to_i
      held = Array.new(4) do
        Array.new(100) { @api.invoke(event) }.each { |invocation| expect(invocation.wait).to have_attributes(kind: :response) }
        polls += 100
        wait_until { @api.exchanges.count { |it| it.path == "/invocation/next" } == polls }
        @process.descriptors
      end
      expect(held.drop(1).uniq.size).to eq(1), "descriptors after each 100 invocations: #{held}"
    end
  end
end

RSpec.describe "The runtime, while the garbage collector" do
  after do |example|
    puts @process.log if example.exception
    @process.stop
    @api.close
  end

  {
    "frees new objects at every allocation" => "GC.stress = 1", "frees every unused object at every allocation" => "GC.stress = true",
    "compacts the heap" => "GC.auto_compact = true if GC.respond_to?(:auto_compact=)"
  }.each do |what, code|
    it "#{what}, responds and reports errors as usual", slow: code == "GC.stress = true" do
      @api = Lamby::Testing::RuntimeAPI.new
      @process = RuntimeProcess.new(@api, <<~RUBY)
        require "lamby"
        Lamby.config.rack_app = lambda do |env|
          raise "oops" if env["PATH_INFO"] == "/raise"
          [200, { "content-type" => "application/octet-stream" }, [env["rack.input"].read]]
        end
        #{code}
      RUBY
      bytes = Random.new(9).bytes(300_000)
      headers = { "Lambda-Runtime-Trace-Id" => "Root=1", "Lambda-Runtime-Invocation-Id" => "7" }
      2.times do
        echo = http_event(method: "POST", body: [bytes].pack("m0"), isBase64Encoded: true)
        answers = [echo, http_event(path: "/raise"), { "Records" => [] }].map { |event| @api.invoke(JSON.generate(event), headers).wait(5 * Waiting::LIMIT) }
        expect(JSON.parse(answers[0].body)["body"].unpack1("m")).to eq(bytes)
        expect(answers.drop(1).map { |it| JSON.parse(it.body)["errorType"] }).to eq(%w[Function.RuntimeError Function.LambyUnhandledEvent])
        expect(answers.map { |it| it.headers["lambda-runtime-invocation-id"] }).to all(eq("7"))
      end
    end
  end
end
