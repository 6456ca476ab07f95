# frozen_string_literal: true

require "lamby/serve"

RSpec.describe Lamby::Serve::Template do
  def template(text) = described_class.new(text, "template.yaml")

  it "finds the schedules of the function and of other resources" do
    schedules = template(<<~YAML).schedules
      Resources:
        Function:
          Type: AWS::Serverless::Function
          Properties:
            Role: !GetAtt Role.Arn
            Events:
              Hourly: {Type: Schedule, Properties: {Schedule: rate(1 hour), Input: '{"task":"clean"}'}}
              Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: cron(0 3 * * ? *)}}
              Upload: {Type: S3, Properties: {Bucket: !Ref Bucket}}
        Rule:
          Type: AWS::Events::Rule
          Properties: {ScheduleExpression: rate(5 minutes), Targets: [{Arn: !Sub "${Function.Arn}", Input: '{"task":"ping"}'}]}
        Scheduler:
          Type: AWS::Scheduler::Schedule
          Properties: {ScheduleExpression: rate(1 day), Target: {Input: !Sub '{"task":"${Name}"}'}}
    YAML
    expect(schedules.map { |schedule| schedule.values_at(:name, :expression) }).to eq(
      [["Hourly", "rate(1 hour)"], ["Nightly", "cron(0 3 * * ? *)"], ["Rule", "rate(5 minutes)"], ["Scheduler", "rate(1 day)"]]
    )
    events = schedules.map { |schedule| JSON.parse(schedule[:event]) }
    expect(events.values_at(0, 2, 3)).to eq([{ "task" => "clean" }, { "task" => "ping" }, { "task" => "${Name}" }])
    expect(events[1]["detail-type"]).to eq("Scheduled Event")
  end

  it "finds the settings of the queue" do
    queue = lambda do |properties|
      template("Resources: {F: {Properties: {Events: {Jobs: {Type: SQS, Properties: {#{properties}}}}}}}").queue
    end
    expect(queue.call("BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures]")).to eq(batch_size: 5, report_failures: true)
    expect(queue.call("Queue: !GetAtt Queue.Arn")).to eq(batch_size: 10, report_failures: false)
    mapping = template("Resources: {M: {Type: AWS::Lambda::EventSourceMapping, Properties: {BatchSize: !Ref Size}}}")
    expect(mapping.queue).to eq(batch_size: 10, report_failures: false)
    expect(template("Resources: {}").queue).to be_nil
  end

  it "finds nothing in a file that has another structure" do
    ["", "[]", "Resources: []", "Resources: {F: text}", "Resources: {F: {Properties: {Events: [1]}}}"].each do |text|
      expect([template(text).schedules, template(text).queue]).to eq([[], nil])
    end
  end

  it "says what is wrong with a file that is not YAML" do
    expect { template("Resources: [") }.to raise_error(described_class::Malformed, /template.yaml is not YAML: .*line \d/)
  end

  describe "of the generator" do
    include_context "with generated projects"

    it "has neither schedules nor a queue" do
      generate("rest_api", false, nil, "x86_64")
      expect(described_class.of(Dir["*"].find { |name| File.directory?(name) })).to have_attributes(schedules: [], queue: nil)
    end
  end

  it "is empty in a folder without a template" do
    Dir.mktmpdir { |folder| expect(described_class.of(folder).schedules).to eq([]) }
  end
end
