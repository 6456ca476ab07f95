# frozen_string_literal: true

require "lamby/scaffold"

# The resources of lamby 6's project template:
# https://github.com/rails-lambda/lamby-cookiecutter
RSpec.describe "lamby install in an application of lamby 6" do
  include_context "with generated projects"

  let(:old) do
    +<<~YAML
      AWSTemplateFormatVersion: "2010-09-09"
      Transform: AWS::Serverless-2016-10-31
      Parameters:
        RailsEnv:
          Type: String
          Default: staging
          AllowedValues: [staging, production]
      Globals:
        Function:
          Architectures: [arm64]
          AutoPublishAlias: live
          DeploymentPreference:
            Type: AllAtOnce
          Environment:
            Variables:
              RAILS_ENV: !Ref RailsEnv
          Timeout: 30
      Resources:
        RailsLambda:
          Type: AWS::Serverless::Function
          Metadata:
            DockerContext: .
            Dockerfile: Dockerfile
            DockerTag: web
          Properties:
            FunctionUrlConfig:
              AuthType: NONE
            MemorySize: 1792
            PackageType: Image
      Outputs:
        RailsLambdaUrl:
          Value: !GetAtt RailsLambdaUrl.FunctionUrl
    YAML
  end

  def upgraded(integration = "function_url", **options)
    FileUtils.mkdir_p(integration)
    File.write("#{integration}/template.yaml", old)
    generate(integration, false, "none", "arm64", folder: integration, force: true, **options)
  end

  it "keeps the function's logical id, with which CloudFormation keeps the function and its URL" do
    folder = upgraded
    template = File.read("#{folder}/template.yaml")
    expect(template).to include("  RailsLambda:\n    Type: AWS::Serverless::Function\n", "!GetAtt RailsLambdaUrl.FunctionUrl\n", "Value: !Ref RailsLambda\n")
    generate("function_url", false, "none", "arm64", folder: folder, force: true)
    expect(File.read("#{folder}/template.yaml")).to eq(template)
  end

  it "names the function Function if another tool made the template" do
    old.gsub!("RailsLambda", "Web")
    expect(File.read("#{upgraded}/template.yaml")).to include("  Function:\n    Type: AWS::Serverless::Function\n")
  end

  describe "when SAM transforms both templates,", :slow, :linters do
    before(:all) { Linters.check }

    # CloudFormation replaces a resource if its logical id, its type, or one of these properties changes:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
    it "has the same function, alias, URL, permission and role" do
      File.write("old.yaml", old)
      before, after = ["old.yaml", "#{upgraded}/template.yaml"].map do |path|
        CloudFormation.transform(path)["Resources"].to_h do |name, resource|
          fixed = resource.fetch("Properties", {}).slice("FunctionName", "PackageType", "TargetFunctionArn", "Qualifier", "Action", "Principal", "RoleName", "Name")
          [name, [resource["Type"], fixed]]
        end
      end
      kept = before.reject { |name, (type, _properties)| type.match?(/CodeDeploy|::Version\z/) || name == "CodeDeployServiceRole" }
      expect(kept.keys).to include("RailsLambda", "RailsLambdaAliaslive", "RailsLambdaUrl", "RailsLambdaUrlPublicPermissions", "RailsLambdaRole")
      expect(after.slice(*kept.keys)).to eq(kept)
    end

    it "is accepted by cfn-lint, whatever the integration" do
      complaints = Lamby::Scaffold::Settings::INTEGRATIONS.map do |integration|
        template = "#{upgraded(integration, canary: true)}/template.yaml"
        File.write("#{integration}/transformed.json", JSON.generate(CloudFormation.transform(template)))
        Linters.complaints("cfn-lint", "--", template) + Linters.complaints("cfn-lint", "--ignore-checks", "W", "--", "#{integration}/transformed.json")
      end
      expect(complaints.join).to eq("")
    end
  end
end
