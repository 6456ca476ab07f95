# frozen_string_literal: true

RSpec.describe Lamby::Deployment::Log do
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
  it "recognises errors by an expression that CloudWatch accepts, too" do
    expect(described_class::ERROR.source).to match(%r{\A(?:[\w#=@/;,^$?\[\]{}|*+.-]|\\[sdw])+\z})
  end

  it "recognises the errors of applications and of Lambda" do
    errors = ["NameError (undefined local variable)", "[FATAL] cannot boot", "2026-11-26 8f507cfc Task timed out after 3.00 seconds",
              "RequestId: 8f507cfc Error: Runtime exited with error: exit status 1", "REPORT RequestId: 8f507cfc Status: timeout", "REPORT Status: error"]
    others = ["START RequestId: 8f507cfc Version: 12", "Completed 200 OK in 12ms", "REPORT RequestId: 8f507cfc Duration: 3 ms"]
    expect((errors + others).grep(described_class::ERROR)).to eq(errors)
  end
end
