# frozen_string_literal: true

RSpec.describe "lamby doctor, about AWS" do
  include_context "with lamby doctor"

  before { rack }

  it "says whose credentials these are, and skips what needs credentials if there are none" do
    tool("aws", aws("sts get-caller-identity": fails("Unable to locate credentials")))
    expect(results("AWS account")).to match([["error", start_with("AWS does not know who you are: sign in with"), nil]])
    expect(@all.select { |it| it["status"] == "skipped" }.to_h { |it| it.values_at("check", "message") }).to eq("stack" => "without credentials or a region", "permissions" => "without credentials or a region")
    tool("aws", aws("configure get": "exit 1"))
    expect(results("AWS account")).to match([["error", "there is no region", /\Aset AWS_REGION/]])
    expect(results("AWS account", AWS_REGION: "eu-north-1")).to match([["ok", end_with("region eu-north-1"), nil]])
  end

  {
    "UPDATE_ROLLBACK_COMPLETE" => ["ok", nil], "UPDATE_IN_PROGRESS" => ["warning", "wait until it is done"],
    "ROLLBACK_COMPLETE" => ["error", "run \"lamby delete --stack shop-production\", and then bin/deploy"],
    "UPDATE_ROLLBACK_FAILED" => ["error", "run \"aws cloudformation continue-update-rollback --stack-name shop-production\""],
    "DELETE_FAILED" => ["error", "run \"lamby delete --stack shop-production\" again"]
  }.each do |state, (status, remedy)|
    it "judges a stack in the state #{state}" do
      tool("aws", aws("cloudformation describe-stacks": stack(state)))
      expect(results("stack")).to match([[status, include(state), remedy]])
    end
  end

  it "says that an application is not deployed yet" do
    tool("aws", aws("cloudformation describe-stacks": fails("An error occurred (ValidationError): Stack with id shop-production does not exist")))
    expect(results("stack")).to eq([["ok", "shop-production is not deployed yet", nil]])
    expect(@all.select { |it| it["check"] == "permissions" }.map { |it| it["status"] }).to eq(["ok"])
  end

  it "names the permissions that are missing: an error for bin/deploy, a warning for other commands" do
    denied = ->(action) { fails("An error occurred (AccessDeniedException): User: ada is not authorized to perform: #{action} on resource: x") }
    tool("aws", aws("ecr describe-repositories": denied["ecr:DescribeRepositories"], "logs filter-log-events": denied["logs:FilterLogEvents"],
                    "lambda get-function": fails("An error occurred (ResourceNotFoundException): Function not found")))
    expect(results("permissions")).to match(
      [["error", "AWS does not allow ecr:DescribeRepositories, which \"bin/deploy\" needs", include("docs/deploy-policy.json")],
       ["warning", "AWS does not allow logs:FilterLogEvents, which \"lamby logs\" needs", "ask for this permission"]]
    )
    expect(@status).to eq(1)
  end
end
