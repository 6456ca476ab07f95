# frozen_string_literal: true

RSpec.describe Lamby::AwsRuntimeClient do
  # AWS's runtime client has a module with these two methods.
  let(:client) do
    Class.new do
      def self.marshall_request(raw_request) = JSON.parse(raw_request.body)
      def self.marshall_response(answer) = answer.to_json
    end
  end
  let(:raw_request) { Struct.new(:body).new('{"a": 1}') }

  before { stub_const("AwsLambda::Marshaller", client) }

  it "makes AWS's client pass JSON through if the command-line argument or _HANDLER names Lamby.cmd, and prepends its module only once" do
    expect(described_class.install(["config/environment.Lamby.cmd", nil])).to be(true)
    expect(described_class.install([nil, "config/environment.Lamby.cmd"])).to be(true)
    expect(client.singleton_class.ancestors.count(described_class::Bytes)).to eq(1)
    expect(client.marshall_request(raw_request)).to equal(raw_request.body)
    expect(client.marshall_response('{"statusCode":200}')).to eq(['{"statusCode":200}', "application/json"])
  end

  it "lets AWS's client serialize return values that are not Strings" do
    described_class.install(["app.Lamby.cmd"])
    expect(client.marshall_response({ "a" => 1 })).to eq('{"a":1}')
  end

  it "does not change AWS's client for other handlers" do
    ["app.handler", "app.MyLamby.cmd", "app.Lamby.cmds", nil].each { |name| expect(described_class.install([name])).to be(false) }
    expect(client.marshall_request(raw_request)).to eq("a" => 1)
    expect(client.marshall_response("text")).to eq('"text"')
  end

  it "does nothing without AWS's client" do
    hide_const("AwsLambda::Marshaller")
    expect(described_class.install(["app.Lamby.cmd"])).to be(false)
  end
end
