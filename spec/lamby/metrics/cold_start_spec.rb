# frozen_string_literal: true

RSpec.describe "Lamby.config" do
  def answer(event = http_event, app: nil)
    Lamby.config.rack_app = app if app
    Lamby.cmd(event: event, context: lambda_context)
  end

  hello = ->(_env) { [200, { "content-type" => "text/plain" }, ["hello"]] }

  describe "cold_start_metrics" do
    before { Lamby::Metrics::ColdStart.clear! }

    def metrics(&block)
      output = StringIO.new
      stdout = $stdout
      $stdout = output
      block.call
      output.string.lines.map { |line| JSON.parse(line) }
    ensure
      $stdout = stdout
    end

    it "writes nothing by default" do
      expect(metrics { answer(app: hello) }).to be_empty
    end

    it "counts a cold start once, in CloudWatch's embedded metric format, with the application's name" do
      Lamby.config.cold_start_metrics = true
      Lamby.config.metrics_app_name = "Shop"
      records = metrics { 2.times { answer(app: hello) } }
      name = (records.first.keys & %w[ColdStart ProactiveInit]).first
      expect(records).to match([{
                                 "_aws" => {
                                   "Timestamp" => be_within(60_000).of(Time.now.to_f * 1000),
                                   "CloudWatchMetrics" => [{ "Namespace" => "Lamby", "Dimensions" => [["AppName"]], "Metrics" => [{ "Name" => name, "Unit" => "Count" }] }]
                                 },
                                 "AppName" => "Shop", name => 1
                               }])
    end

    it "distinguishes a cold start from an initialization that Lambda ran ahead of time" do
      names = { "" => "ColdStart", "sleep" => "ProactiveInit", "provisioned" => "ProactiveInit" }.keys.map do |how|
        in_a_process(<<~RUBY).keys.find { |key| key.match?(/ColdStart|Proactive/) }
          ENV["AWS_LAMBDA_INITIALIZATION_TYPE"] = "provisioned-concurrency" if #{how == "provisioned"}
          ENV["AWS_LAMBDA_FUNCTION_NAME"] = "f"
          later = Module.new { def clock_gettime(id, *unit) = unit.empty? ? super + 11 : super }
          Process.singleton_class.prepend(later) if #{how == "sleep"}
          Lamby.config.cold_start_metrics = true
          Lamby.handler(app, MixedEvents::EVENTS.first, context)
        RUBY
      end
      expect(names).to eq(%w[ColdStart ProactiveInit ProactiveInit])
    end
  end

  describe "boot_metrics" do
    # Returns the record that a process logs with its first invocation. The process starts 50 ms before it loads lamby.
    def record(code, environment = {})
      command = [RbConfig.ruby, "-I", File.expand_path("../../../lib", __dir__), "-e", "sleep 0.05; require 'lamby'; Lamby.config.boot_metrics = true; #{code}"]
      output = IO.popen([environment, *command], &:read)
      lines = output.lines.grep(/_aws/)
      lines.empty? ? nil : JSON.parse(lines.fetch(0))
    end

    ask = "2.times { Lamby.handler(->(_) { [200, {}, []] }, { \"version\" => \"2.0\", \"rawPath\" => \"/\", \"requestContext\" => { \"http\" => { \"method\" => \"GET\" } } }, nil) }"

    it "writes nothing by default" do
      expect(record("Lamby.config.boot_metrics = false; #{ask}")).to be_nil
    end

    it "reports how long the gems took to load in a process without Rails" do
      expect(record(ask)).to include("BootGems" => be_between(50, 10_000))
      expect(record(ask).keys).to contain_exactly("_aws", "AppName", "BootGems")
    end

    it "reports how long Rails and the whole initialization took" do
      rails = "require 'rails'; require 'lamby/railtie'; class Shop < Rails::Application; config.eager_load = false; config.logger = Logger.new(nil); end; " \
              "Shop.initializer('slow') { sleep 0.06 }; Shop.initialize!;"
      metrics = record("#{rails} #{ask}")
      expect(metrics).to include("AppName" => "Shop", "BootGems" => be > 50, "BootApplication" => be > 60)
      expect(metrics["InitDuration"]).to be_within(0.2).of(metrics["BootGems"] + metrics["BootApplication"])
      expect(metrics.dig("_aws", "CloudWatchMetrics", 0, "Metrics")).to contain_exactly(
        *%w[InitDuration BootGems BootApplication].map { |name| { "Name" => name, "Unit" => "Milliseconds" } }
      )
    end

    it "is written into the record of cold_start_metrics if both are on" do
      expect(record("Lamby.config.cold_start_metrics = true; #{ask}")).to include("ColdStart" => 1, "BootGems" => Float)
    end

    it "writes nothing in a process that was restored from a snapshot" do
      environment = { "AWS_LAMBDA_INITIALIZATION_TYPE" => "snap-start" }
      expect(record("Lamby.config.cold_start_metrics = true; #{ask}", environment)).to include("ColdStart" => 1)
      expect(record(ask, environment)).to be_nil
    end
  end
end
