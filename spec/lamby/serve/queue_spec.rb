# frozen_string_literal: true

# Sends messages to a queue of moto, which `lamby serve --queue` polls.
RSpec.describe "lamby serve --queue", :linters, :slow do
  include_context "with moto's server"

  after { ServeProcess.started.dup.each(&:stop) }

  code = <<~RUBY
    require "json"
    require "lamby"
    Lamby.config.rack_app = ->(_env) { [200, {}, ["ok"]] }
    Lamby.config.on(:sqs) do |event, _context|
      File.write("records.json", JSON.generate(event["Records"]))
      Lamby.each_record(event) do |record|
        File.open("bodies", "a") { |file| file.puts record["body"] }
        raise "bad message" if record["body"].start_with?("bad")
      end
    end
  RUBY

  def aws(*arguments)
    out, status = Open3.capture2e(
      { "AWS_ACCESS_KEY_ID" => "any", "AWS_SECRET_ACCESS_KEY" => "any", "AWS_DEFAULT_REGION" => "us-east-1" },
      Linters.path("aws"), "--endpoint-url", "http://127.0.0.1:#{@port}", "sqs", *arguments
    )
    raise out unless status.success?

    out.empty? ? {} : JSON.parse(out)
  end

  def create(name, **attributes)
    aws("create-queue", "--queue-name", name, "--attributes", JSON.generate(attributes.transform_values(&:to_s)))["QueueUrl"]
  end

  def send_message(url, body) = aws("send-message", "--queue-url", url, "--message-body", body)["MessageId"]

  # Returns how many messages the queue has.
  def size(url)
    names = %w[ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible]
    aws("get-queue-attributes", "--queue-url", url, "--attribute-names", *names)["Attributes"].values.sum(&:to_i)
  end

  def bodies(server)
    File.exist?("#{server.folder}/bodies") ? File.readlines("#{server.folder}/bodies", chomp: true) : []
  end

  it "invokes the function with the messages, and deletes those that it has handled" do
    url = create("orders")
    id = send_message(url, "good 1")
    send_message(url, "good 2")
    server = ServeProcess.new("--queue", url, code: code)
    wait_until("both messages", processes: []) { bodies(server).sort == ["good 1", "good 2"] }
    wait_until("an empty queue", processes: []) { size(url).zero? }
    record = JSON.parse(File.read("#{server.folder}/records.json")).first
    expect(record).to include("messageId" => id, "body" => "good 1", "eventSource" => "aws:sqs", "eventSourceARN" => /:orders\z/)
    expect(record["attributes"]).to include("ApproximateReceiveCount" => "1")
    expect(server.log).to match(/^ok sqs \([12] messages?\)/)
  end

  it "leaves failed messages in the queue, which moves them to its dead-letter queue" do
    dead = create("dead")
    policy = JSON.generate("deadLetterTargetArn" => "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount" => "2")
    url = create("orders", VisibilityTimeout: 1, RedrivePolicy: policy)
    send_message(url, "bad 1")
    send_message(url, "good 1")
    server = ServeProcess.new("--queue", url, code: code)
    wait_until("the message in the dead-letter queue", processes: []) { size(dead) == 1 }
    expect(bodies(server).tally).to eq("bad 1" => 2, "good 1" => 1)
    expect(size(url)).to eq(0)
    expect(server.log).to match(/1 of [12] messages? failed: the queue delivers them again/).or include("1 of 2 messages failed")
  end

  it "ignores partial failures if the template does not turn them on, and says so" do
    url = create("orders")
    send_message(url, "bad 1")
    server = ServeProcess.new("--queue", url, code: code, files: {
      "template.yaml" => "Resources: {F: {Properties: {Events: {Q: {Type: SQS, Properties: {BatchSize: 1, Queue: !GetAtt Q.Arn}}}}}}"
    })
    server.until_log("Lambda ignores batchItemFailures")
    wait_until("an empty queue", processes: []) { size(url).zero? }
    expect(bodies(server)).to eq(["bad 1"])
  end

  it "goes on when the queue does not respond" do
    server = ServeProcess.new("--queue", "http://127.0.0.1:1/123456789012/orders", code: code)
    server.until_log("the queue http://127.0.0.1:1/123456789012/orders: ReceiveMessage: ")
    expect(server.request.code).to eq("200")
  end
end
