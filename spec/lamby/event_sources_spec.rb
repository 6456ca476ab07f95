# frozen_string_literal: true

# Events that are not HTTP requests, and their handlers.
RSpec.describe "An event that is not a request" do
  fixtures = Dir[File.expand_path("../fixtures/not_http/*.json", __dir__)].to_h do |file|
    [File.basename(file, ".json"), JSON.parse(File.read(file))["event"]]
  end

  kinds = {
    "sqs" => :sqs, "sns" => :sns, "s3" => :s3, "eventbridge" => :event_bridge, "schedule" => :schedule, "dynamodb" => :dynamodb,
    "kinesis" => :kinesis, "cloudwatch_logs" => :cloudwatch_logs, "ses" => :ses, "cognito" => :cognito,
    "websocket_connect" => :websocket_connect, "websocket_message" => :websocket_message,
    "websocket_disconnect" => :websocket_disconnect, "authorizer_request" => :authorizer, "authorizer_token" => :authorizer,
    "authorizer_http_api_v1" => :authorizer, "authorizer_http_api_v2" => :authorizer, "authorizer_websocket" => :authorizer,
    "lambda_at_edge" => :lambda_at_edge, "direct_invocation" => :direct, "empty" => :direct, "job_payload" => :direct
  }

  before { Lamby.config.rack_app = ->(_env) { raise "the application was called" } }

  def answer(event)
    Lamby.cmd(event: event, context: lambda_context)
  end

  kinds.each do |name, kind|
    it "goes to the handler of its kind: #{name} is of kind #{kind}" do
      event = fixtures.fetch(name)
      Lamby.config.on(kind) { |it, context| { "kind" => kind, "event" => it.to_h, "id" => context.aws_request_id } }
      Lamby.config.on(:unknown) { raise "the kind is known" }
      expect(answer(event)).to eq("kind" => kind, "event" => event, "id" => LambdaHelpers::REQUEST_ID)
      expect(JSON.parse(answer(JSON.generate(event)))).to eq("kind" => kind.to_s, "event" => event, "id" => LambdaHelpers::REQUEST_ID)
    end
  end

  it "is passed to the handler of :unknown if its kind is unknown or has no handler" do
    Lamby.config.on(:unknown) { |event, _| event.to_h.keys }
    expect(answer(fixtures["no_records"])).to eq(["Records"])
    expect(answer({ "requestContext" => {} })).to eq(["requestContext"])
    expect(answer(fixtures["sqs"])).to eq(["Records"])
    expect(JSON.parse(answer(JSON.generate(fixtures["sqs"])))).to eq(["Records"])
  end

  it "may be changed and returned by its handler, because Cognito's triggers require this" do
    Lamby.config.on(:cognito) do |event, _|
      event["response"]["autoConfirmUser"] = true
      event
    end
    json = '{"triggerSource":"PreSignUp_SignUp","request":{},"response":{}}'
    expect(JSON.parse(answer(json))).to include("response" => { "autoConfirmUser" => true })
    expect(answer(JSON.parse(json)).to_h).to include("response" => { "autoConfirmUser" => true })
  end

  it "may be any JSON value in a direct invocation, even an object with some field names of a request" do
    Lamby.config.on(:direct) { |event, _| [event.respond_to?(:to_hash) ? event.to_hash : event] }
    [{ "orderId" => 1, "body" => { "text" => "hi" } }, { "headers" => 5, "version" => [], "type" => {} }, { "path" => ["a"], "source" => { "x" => 1 } },
     [{ "messageId" => "1", "eventSource" => "aws:sqs" }], "text", nil, 7].each do |event|
      expect(JSON.parse(answer(JSON.generate(event)))).to eq([event])
      expect(answer(event)).to eq([event]) unless event.is_a?(String)
    end
  end

  it "is not confused with a malformed HTTP request, which raises InvalidEvent" do
    Lamby.config.on(:direct, :unknown) { raise "the event is a request" }
    [{ "rawPath" => "/", "headers" => 5 }, { "httpMethod" => "GET", "path" => "/", "headers" => 5 }, { "raw_path" => "/", "method" => "GET", "headers" => 5 },
     { "version" => "2.0", "rawPath" => "/", "headers" => 5, "requestContext" => { "http" => {} } }].each do |event|
      expect { answer(event) }.to raise_error(Lamby::InvalidEvent, /headers/)
      expect { answer(JSON.generate(event)) }.to raise_error(Lamby::InvalidEvent, /headers/)
    end
    ["", "not json", '{"a":'].each { |text| expect { answer(text) }.to raise_error(Lamby::InvalidEvent) }
  end

  it "is of kind :unknown, not :direct, if it is from an AWS service and Lamby has no kind for it" do
    Lamby.config.on(:direct) { raise "the event is not a direct invocation" }
    Lamby.config.on(:unknown) { "unknown" }
    [{ "eventSource" => "aws:kafka", "records" => {} }, { "eventSource" => "aws:rmq", "rmqMessagesByQueue" => {} }, { "eventSource" => "aws:docdb", "events" => [] },
     { "deliveryStreamArn" => "arn", "records" => [] }, { "source" => "aws.cloudwatch", "alarmArn" => "arn" }, { "Service" => "Amazon S3", "Event" => "s3:TestEvent" }].each do |event|
      expect(answer(event)).to eq("unknown")
    end
  end

  it "is of kind :schedule only if EventBridge is its source" do
    Lamby.config.on(:schedule) { "schedule" }
    Lamby.config.on(:event_bridge) { "event" }
    expect(%w[aws.events aws.scheduler my.shop].map { |source| answer({ "detail-type" => "Scheduled Event", "source" => source }) }).to eq(%w[schedule schedule event])
  end

  it "may be the last event of a tumbling window, without records" do
    Lamby.config.on(:kinesis, :dynamodb) { |event, _| Lamby.each_record(event) { raise "there are no records" } }
    %w[kinesis dynamodb].each do |service|
      event = { "Records" => [], "isFinalInvokeForWindow" => true, "state" => {}, "eventSourceARN" => "arn:aws:#{service}:us-east-1:123456789012:stream/s" }
      expect(answer(event)).to eq("batchItemFailures" => [])
    end
  end

  it "fails with its handler's exception, whose cause is nil" do
    Lamby.config.on(:sqs) { raise KeyError, "oops" }
    expect { answer(fixtures["sqs"]) }.to raise_error(KeyError) { |error| expect(error.cause).to be_nil }
  end

  it "raises UnhandledEvent if it has no handler; the message names its kind and says how to handle it" do
    Lamby.config.on(:sns) { raise "the event is not from SNS" }
    expect { answer(fixtures["sqs"]) }.to raise_error(
      Lamby::UnhandledEvent, /looks like an Amazon SQS batch,.*Handle it with Lamby\.config\.on\(:sqs\) \{ \|event, context\| \.\.\. \}/
    )
    expect { answer(JSON.generate(fixtures["no_records"])) }.to raise_error(Lamby::UnhandledEvent, /is not an HTTP request.*on\(:unknown\)/)
  end

  it "may have the same handler as an event of another kind" do
    Lamby.config.on(:schedule, :event_bridge) { |event, _| event["detail-type"] }
    expect(answer(fixtures["schedule"])).to eq("Scheduled Event")
    expect(answer(fixtures["eventbridge"])).to eq(fixtures["eventbridge"]["detail-type"])
  end

  kinds.merge("no_records" => nil).each do |name, kind|
    it "raises an error with its kind if it has no handler: #{name} is of kind #{kind.inspect}" do
      [fixtures.fetch(name), JSON.generate(fixtures.fetch(name))].each do |event|
        expect { answer(event) }.to raise_error(Lamby::EventError) { |error| expect(error.kind).to eq(kind) }
      end
    end
  end

  it "fails with the exception that its handler raises; an HTTP request whose application raises UnhandledEvent is not passed to a handler" do
    Lamby.config.on(:sqs) { raise KeyError, "oops" }
    expect { answer(fixtures["sqs"]) }.to raise_error(KeyError, "oops")

    Lamby.config.on(:unknown) { raise "an event handler got an HTTP request" }
    Lamby.config.rack_app = ->(_env) { raise Lamby::UnhandledEvent, "of the application" }
    expect { answer(http_event) }.to raise_error(Lamby::UnhandledEvent, "of the application")
  end

  it "gets a handler from config.on only with a known kind and a block; otherwise, config.on raises ArgumentError", :against_the_signatures do
    expect { Lamby.config.on(:sqz) { nil } }.to raise_error(ArgumentError, /there is no kind :sqz; the kinds are sqs, sns/)
    expect { Lamby.config.on(:sqs) }.to raise_error(ArgumentError, /block/)
    expect { Lamby.config.on { nil } }.to raise_error(ArgumentError)
  end

  describe "when it is passed to Lamby.each_record:" do
    it "a block is required", :against_the_signatures do
      expect { Lamby.each_record(fixtures["sqs"]) }.to raise_error(ArgumentError, /block/)
    end

    it "exceptions that the block raises are logged, even with -W0 and even if their message method raises" do
      broken = Class.new(StandardError) { def message = raise("no message") }
      verbose = $VERBOSE
      $VERBOSE = nil
      result = nil
      expect { result = Lamby.each_record(fixtures["sqs"]) { raise broken } }.to output(/failed: /).to_stderr
      expect(result["batchItemFailures"].size).to eq(fixtures["sqs"]["Records"].size)
    ensure
      $VERBOSE = verbose
    end

    def batch(source, *records, arn: "arn:aws:sqs:us-east-1:123456789012:orders")
      { "Records" => records.map { |record| { "eventSource" => source, "eventSourceARN" => arn }.merge(record) } }
    end

    def failures(event, &block)
      result = nil
      expect { result = Lamby.each_record(event, &block) }.to output(/a failed: .*b failed: |failed: .*oops/m).to_stderr
      result.fetch("batchItemFailures").map { |failure| failure.fetch("itemIdentifier") }
    end

    let(:messages) { %w[a b c].map { |id| { "messageId" => id } } }

    it "batchItemFailures is empty if no record fails" do
      seen = []
      expect(Lamby.each_record(batch("aws:sqs", *messages)) { |record| seen << record["messageId"] }).to eq("batchItemFailures" => [])
      expect(seen).to eq(%w[a b c])
    end

    it "the block gets every SQS message, and each message for which it raises is reported" do
      seen = []
      failed = failures(batch("aws:sqs", *messages)) do |record|
        seen << record["messageId"]
        raise "oops" unless record["messageId"] == "b"
      end
      expect([seen, failed]).to eq([%w[a b c], %w[a c]])
    end

    it "the first failed message of a FIFO queue and all later messages are reported; the block does not get the later messages" do
      seen = []
      failed = failures(batch("aws:sqs", *messages, arn: "arn:aws:sqs:us-east-1:123456789012:orders.fifo")) do |record|
        seen << record["messageId"]
        raise "oops" if record["messageId"] == "b"
      end
      expect([seen, failed]).to eq([%w[a b], %w[b c]])
    end

    {
      "aws:kinesis" => %w[1 2 3].map { |number| { "kinesis" => { "sequenceNumber" => number } } },
      "aws:dynamodb" => %w[1 2 3].map { |number| { "dynamodb" => { "SequenceNumber" => number } } }
    }.each do |source, records|
      it "only the first failed record of a stream is reported, because Lambda retries the batch from that record: #{source}" do
        seen = 0
        failed = failures(batch(source, *records)) { (seen += 1) == 2 && raise("oops") }
        expect([seen, failed]).to eq([2, ["2"]])
      end
    end

    it "a handler may pass its own event to Lamby.each_record, even if this event arrived as JSON" do
      Lamby.config.on(:sqs) { |event, _| Lamby.each_record(event) { |record| record.fetch("body") } }
      expect(answer(JSON.generate(fixtures["sqs"]))).to eq('{"batchItemFailures":[]}')
    end

    it "the event may be a JSON String or a Lamby::Event, whether or not its JSON was parsed before" do
      json = JSON.generate(fixtures["sqs"])
      [json, Lamby::Event.new(json), Lamby::Event.new(json).tap(&:to_h), Lamby::Event.new(json).freeze].each do |event|
        expect(Lamby.each_record(event) { |record| record.fetch("body") }).to eq("batchItemFailures" => [])
      end
    end

    it "the same Lamby::Event may also be passed to Lamby.handler and Lamby.cmd" do
      Lamby.config.on(:sqs) { |event, _| event["Records"].size }
      event = Lamby::Event.new(JSON.generate(fixtures["sqs"]))
      expect(Lamby.handler(->(_) { raise "not HTTP" }, event, lambda_context)).to eq(fixtures["sqs"]["Records"].size)
      expect(answer(event)).to eq(fixtures["sqs"]["Records"].size)
      expect { answer(Lamby::Event.new("{")) }.to raise_error(Lamby::InvalidEvent)
    end

    it "the whole batch fails if a record is malformed" do
      event = batch("aws:kinesis", { "kinesis" => "not an object" })
      result = nil
      expect { result = Lamby.each_record(event) { raise "oops" } }.to output(/oops/).to_stderr
      expect(result).to eq("batchItemFailures" => [{ "itemIdentifier" => nil }])
    end

    it "an exception that is not a StandardError is not rescued" do
      expect { Lamby.each_record(batch("aws:sqs", *messages)) { |record| raise NoMemoryError if record } }.to raise_error(NoMemoryError)
    end

    it "nil as the event raises ArgumentError", :against_the_signatures do
      expect { Lamby.each_record(nil) { nil } }.to raise_error(ArgumentError, /not a batch of SQS, Kinesis or DynamoDB records/)
    end

    it "an event that is not from SQS, Kinesis or DynamoDB raises ArgumentError" do
      [fixtures["sns"], {}, "[]", "{}", { "Records" => [1] }].each do |event|
        expect { Lamby.each_record(event) { nil } }.to raise_error(ArgumentError, /not a batch of SQS, Kinesis or DynamoDB records/)
      end
    end
  end
end
