# frozen_string_literal: true

# The other examples of `lamby doctor` are in spec/lamby/doctor.
RSpec.describe "lamby doctor", :slow, :linters do
  include_context "with a deployed stack"

  it "calls only operations that the AWS CLI and AWS accept" do
    deployed("aaaa")
    results = JSON.parse(operate("doctor", "--json").first).fetch("checks").group_by { |it| it["check"] }
    expect(results.values_at("AWS account", "stack", "permissions").flatten.map { |it| it.values_at("status", "message") }).to match(
      [["ok", end_with("account 123456789012, region eu-west-1")], ["ok", "shop-production: CREATE_COMPLETE, https://shop.example/"],
       ["ok", start_with("AWS allows cloudformation:DescribeStacks, ecr:")]]
    )
  end
end
