# frozen_string_literal: true

# Checks what each setting changes.
RSpec.describe "Lamby.config" do
  def answer(event = http_event, app: nil)
    Lamby.config.rack_app = app if app
    Lamby.cmd(event: event, context: lambda_context)
  end

  hello = ->(_env) { [200, { "content-type" => "text/plain" }, ["hello"]] }

  describe "rescue_errors" do
    failing = ->(_env) { raise ArgumentError, "secret" }
    late = Class.new { def each = raise("later") }

    it "is off by default: the invocation fails with the application's exception" do
      expect { answer(app: failing) }.to raise_error(ArgumentError, "secret")
    end

    it "responds with a plain error page without details, and logs the exception" do
      Lamby.config.rescue_errors = true
      [failing, ->(_env) { [200, {}, late.new] }, ->(_env) { ["none", {}, []] }].each do |app|
        [http_event, JSON.generate(http_event)].each do |event|
          payload = nil
          expect { payload = answer(event, app: app) }.to output(/secret|later|status is "none"/).to_stderr
          payload = JSON.parse(payload.is_a?(String) ? payload : JSON.generate(payload))
          expect(payload).to include("statusCode" => 500, "body" => include("Internal Server Error"))
          expect(payload["body"]).not_to include("secret")
        end
      end
    end

    it "still passes the exception to rack.response_finished" do
      Lamby.config.rescue_errors = true
      told = nil
      app = lambda do |env|
        env["rack.response_finished"] << ->(*, error) { told = error }
        raise ArgumentError, "oops"
      end
      expect { answer(app: app) }.to output.to_stderr
      expect(told).to be_a(ArgumentError)
    end

    it "does not rescue exceptions other than StandardError, nor errors of events that are not requests" do
      Lamby.config.rescue_errors = true
      expect { answer(app: ->(_env) { raise NoMemoryError }) }.to raise_error(NoMemoryError)
      expect { answer({ "Records" => [] }, app: hello) }.to raise_error(Lamby::UnhandledEvent)
    end
  end

  describe "health_check_path" do
    app = ->(env) { [200, { "content-type" => "text/plain" }, ["application #{env["PATH_INFO"]}"]] }

    it "is off by default" do
      expect(answer(http_event(path: "/up"), app: app)).to include(body: "application /up")
    end

    it "is the only path that Lamby responds to without calling the application, for every integration" do
      Lamby.config.health_check_path = "/up"
      HTTPEvents::INTEGRATIONS.each do |integration|
        expect(answer(HTTPEvents.build(integration, path: "/up"), app: app)).to include(statusCode: 200, body: "OK")
        expect(answer(HTTPEvents.build(integration, path: "/up/2"), app: app)).to include(body: "application /up/2")
      end
    end
  end

  describe "warm_up_pings" do
    schedule = { "detail-type" => "Scheduled Event", "source" => "aws.events", "detail" => {} }
    pings = [schedule, { "source" => "serverless-plugin-warmup" }, { "warmer" => true, "concurrency" => 3 }]

    it "is off by default" do
      pings.each { |ping| expect { answer(ping) }.to raise_error(Lamby::UnhandledEvent) }
    end

    it "responds to pings without calling the handlers of :direct and :unknown" do
      Lamby.config.warm_up_pings = true
      Lamby.config.on(:direct, :unknown) { "handled" }
      expect(pings.map { |ping| answer(ping) }).to eq([nil, nil, nil])
      expect(answer(JSON.generate(schedule))).to eq("null")
      expect(answer({ "warmer" => "no" })).to eq("handled")
    end

    it "does not respond to schedules that have a handler: the handler is called" do
      Lamby.config.warm_up_pings = true
      Lamby.config.event_bridge_handler = ->(*) { "bridge" }
      expect(answer(schedule)).to eq("bridge")
      Lamby.config.on(:schedule) { "on" }
      expect(answer(schedule)).to eq("on")
    end
  end

  describe "handled_proc" do
    it "may be nil" do
      Lamby.config.handled_proc = nil
      expect(answer(app: hello)).to include(statusCode: 200)
    end

    it "makes the invocation fail if it raises; if the invocation has already failed, Lamby only logs the exception of handled_proc" do
      Lamby.config.handled_proc = ->(event, _) { event["x"] }
      expect { answer("not json") }.to raise_error(Lamby::InvalidEvent).and output(/handled_proc: .*ParserError/).to_stderr
      Lamby.config.handled_proc = ->(*) { raise KeyError, "its own" }
      expect { answer(app: hello) }.to raise_error(KeyError, "its own")
    end
  end

  it "can also be set with the methods of Lamby::Config, as in lamby 6" do
    Lamby::Config.configure { |config| config.metrics_app_name = "a" }
    expect(Lamby::Config.config.metrics_app_name).to eq("a")
    expect(Lamby.config.reconfigure { |config| config.rescue_errors = true }).to have_attributes(metrics_app_name: nil, rescue_errors: true)
    expect(Lamby::Config.reconfigure).to be(Lamby.config).and be_a(Lamby::Configuration).and have_attributes(rescue_errors: false)
  end

  describe "event_bridge_handler" do
    schedule = { "detail-type" => "Scheduled Event", "source" => "aws.events", "detail" => {} }

    it "is nil by default: Lamby raises UnhandledEvent, so that Lambda retries the event or sends it to a dead-letter queue" do
      expect { answer(schedule) }.to raise_error(Lamby::UnhandledEvent, /EventBridge schedule/)
    end

    it "gets EventBridge events and schedules that have no handler of their own" do
      Lamby.config.event_bridge_handler = ->(event, context) { [event["source"], context.aws_request_id] }
      expect(answer(schedule)).to eq(["aws.events", LambdaHelpers::REQUEST_ID])
      expect(answer(schedule.merge("detail-type" => "order"))).to eq(["aws.events", LambdaHelpers::REQUEST_ID])
      expect { answer({ "Records" => [{ "eventSource" => "aws:sqs" }] }) }.to raise_error(Lamby::UnhandledEvent)
      Lamby.config.on(:schedule) { "its own" }
      expect(answer(schedule)).to eq("its own")
    end
  end

  # These classes stand in for the gems, which are not installed everywhere.
  describe "needs no setting for a loaded gem:" do
    it "Lambdakiq runs its jobs" do
      stub_const("Lambdakiq", Module.new do
        def self.jobs?(event) = event["Records"]&.first&.key?("job")
        def self.cmd(event:, context:) = { "ran" => event["Records"].size, "id" => context.aws_request_id }
      end)
      event = { "Records" => [{ "eventSource" => "aws:sqs", "job" => 1 }] }
      expect(answer(event)).to eq("ran" => 1, "id" => LambdaHelpers::REQUEST_ID)
      expect(JSON.parse(answer(JSON.generate(event)))).to eq("ran" => 1, "id" => LambdaHelpers::REQUEST_ID)
      expect { answer({ "Records" => [{ "eventSource" => "aws:sqs" }] }) }.to raise_error(Lamby::UnhandledEvent)
    end

    it "LambdaCable handles its WebSocket events" do
      stub_const("LambdaCable", Module.new do
        def self.handle?(event, _context) = event.dig("requestContext", "connectionId")
        def self.cmd(event:, context:) = { statusCode: 200 } if true # rubocop:disable Lint/LiteralAsCondition, Lint/UnusedMethodArgument
      end)
      expect(answer({ "requestContext" => { "connectionId" => "c", "eventType" => "CONNECT" } })).to eq(statusCode: 200)
    end

    it "the Lambda console runs commands that match runner_patterns" do
      expect { Lamby.config.runner_patterns }.to raise_error(Lamby::Error, /lambda-console-ruby/)
      console = Module.new do
        def self.handle?(event) = event.key?("X_LAMBDA_CONSOLE")
        def self.handle(event) = { statusCode: 0, headers: {}, body: event.dig("X_LAMBDA_CONSOLE", "run") }
      end
      stub_const("LambdaConsole", console)
      stub_const("LambdaConsole::Run", Class.new)
      stub_const("LambdaConsole::Run::PATTERNS", [/.*/])
      expect(Lamby.config.runner_patterns).to eq([/.*/])
      expect(answer({ "X_LAMBDA_CONSOLE" => { "run" => "ls" } })).to eq(statusCode: 0, headers: {}, body: "ls")
    end
  end
end
