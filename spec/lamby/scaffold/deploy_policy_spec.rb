# frozen_string_literal: true

require "yaml"

RSpec.describe "docs/deploy-policy.json", :slow, :linters do
  include_context "with generated projects"

  before(:all) { Linters.check }

  # Checks both directions: the policy allows what a deployment needs, and nothing else.
  it "allows exactly the actions that the templates need" do
    policy = JSON.parse(File.read("#{RuntimeProcess::ROOT}/docs/deploy-policy.json"))["Statement"].to_h { |statement| [statement["Sid"], Array(statement["Action"])] }
    # The AWS CLI and the SAM CLI themselves need these actions.
    own = policy.delete("PushImages") + policy.delete("Stacks")
    choices = policy.keys.grep(/OnlyWith/).to_h { |sid| [sid, policy.delete(sid)] }
    base = CloudFormation.actions(%w[
                                    AWS::Lambda::Function AWS::Lambda::Version AWS::Lambda::Alias AWS::Lambda::Url AWS::Lambda::Permission
                                    AWS::IAM::Role AWS::Logs::LogGroup AWS::SecretsManager::Secret
                                  ])
    # With --canary, CloudFormation changes the alias with CodeDeploy.
    deployment, base = base.partition { |action| action.start_with?("codedeploy:") }
    deployment |= CloudFormation.actions(%w[AWS::CodeDeploy::Application AWS::CodeDeploy::DeploymentGroup])
    network, base = base.partition { |action| action.start_with?("ec2:") }
    # bin/deploy looks for old versions.
    own << "lambda:ListAliases"
    expect((policy.values.flatten - own).sort).to eq((base + %w[cloudformation:GetTemplateSummary ecr:GetAuthorizationToken]).sort)
    expect(choices["AliasOnlyWithCanary"]).to eq((deployment - base).sort)
    alarms = CloudFormation.actions(%w[AWS::CloudWatch::Alarm AWS::SNS::Topic]) - base
    expect(choices.values_at("AlarmsOnlyWithAlarms", "UnsubscribeOnlyWithAlarms").flatten.sort).to eq(alarms)
    expect(choices["NetworkOnlyWithDatabase"]).to eq(network)
    apis = CloudFormation.actions(%w[AWS::ApiGatewayV2::Api AWS::ApiGatewayV2::Stage AWS::ApiGateway::RestApi AWS::ApiGateway::Deployment AWS::ApiGateway::Stage])
    expect(choices["ApiOnlyWithHttpApiOrRestApi"]).to eq(apis - base)
    balancer = CloudFormation.actions(%w[
                                        AWS::ElasticLoadBalancingV2::LoadBalancer AWS::ElasticLoadBalancingV2::TargetGroup
                                        AWS::ElasticLoadBalancingV2::Listener AWS::EC2::SecurityGroup
                                      ])
    expect(choices["LoadBalancerOnlyWithAlb"]).to eq(balancer)
  end

  # Without the limits that these examples check, the policy would make the deployer an administrator.
  describe "as IAM evaluates it" do
    # Evaluates the policy as IAM does, but supports only what the policy uses:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    def allowed?(action, resource, **context)
      JSON.parse(File.read("#{RuntimeProcess::ROOT}/docs/deploy-policy.json")).fetch("Statement").any? do |statement|
        expect(statement.keys - %w[Sid Effect Action Resource Condition]).to be_empty
        Array(statement["Action"]).any? { |it| File.fnmatch?(it, action) } && Array(statement["Resource"]).any? { |it| File.fnmatch?(it, resource) } &&
          (statement["Condition"] || {}).all? do |operator, keys|
            expect(%w[StringEquals ArnEquals]).to include(operator)
            keys.all? { |key, values| Array(values).include?(context[key.to_sym]) }
          end
      end
    end

    role = "arn:aws:iam::ACCOUNT:role/shop-production-FunctionRole-1"
    boundary = { "iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/shop-boundary" }
    basic = { "iam:PolicyARN": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" }

    it "allows creating and changing roles only with the permissions boundary" do
      %w[iam:CreateRole iam:PutRolePolicy iam:PutRolePermissionsBoundary].each do |action|
        expect(allowed?(action, role, **boundary)).to be(true)
        expect(allowed?(action, role)).to be(false)
        expect(allowed?(action, role, "iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/wide")).to be(false)
        expect(allowed?(action, "arn:aws:iam::ACCOUNT:role/admin", **boundary)).to be(false)
      end
      %w[iam:DeleteRolePermissionsBoundary iam:CreatePolicy iam:CreatePolicyVersion iam:SetDefaultPolicyVersion iam:CreateUser iam:CreateAccessKey sts:AssumeRole].each do |action|
        expect(allowed?(action, role, **boundary)).to be(false)
        expect(allowed?(action, boundary.values.first, **boundary)).to be(false)
      end
    end

    it "allows attaching only the policies of the templates" do
      expect(allowed?("iam:AttachRolePolicy", role, **boundary, **basic)).to be(true)
      expect(allowed?("iam:AttachRolePolicy", role, **basic)).to be(false)
      expect(allowed?("iam:AttachRolePolicy", role, **boundary, "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess")).to be(false)
      # SAM attaches the same policies for every integration. Only a database adds one.
      some = [%w[function_url none], %w[alb mysql]].map { |integration, database| [integration, false, database, "arm64"] }
      attached = some.flat_map do |combination|
        template = "#{generate(*combination, canary: true, xray: true)}/template.yaml"
        resources = YAML.safe_load(File.read(template).gsub(/!\w+/, ""))["Resources"]
        expect(resources["DeploymentRole"]["Properties"].fetch("PermissionsBoundary")).to eq(resources["Function"]["Properties"].fetch("PermissionsBoundary"))
        expect(resources["Function"]["Properties"]["DeploymentPreference"]["Role"]).to eq("DeploymentRole.Arn")
        CloudFormation.transform(template)["Resources"].values.select { |resource| resource["Type"] == "AWS::IAM::Role" }.flat_map { |resource| resource["Properties"]["ManagedPolicyArns"] }
      end
      attached.map! { |arn| (arn.is_a?(Hash) ? arn.values.first : arn).sub("${AWS::Partition}", "aws") }.uniq!
      expect(attached.map { |arn| arn.split("/").last }).to contain_exactly("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole", "AWSXrayWriteOnlyAccess", "AWSCodeDeployRoleForLambdaLimited")
      expect(attached.reject { |arn| allowed?("iam:AttachRolePolicy", role, **boundary, "iam:PolicyARN": arn) }).to be_empty
    end

    it "has a boundary that allows what the roles of the templates need" do
      limits = JSON.parse(File.read("#{RuntimeProcess::ROOT}/docs/deploy-boundary.json"))["Statement"].to_h { |it| [it["Sid"], it["Action"]] }
      expect(limits["TracesOnlyWithXray"]).to include("xray:PutTraceSegments", "xray:PutTelemetryRecords")
      expect(limits["AliasOnlyWithCanary"]).to include("lambda:UpdateAlias", "lambda:GetAlias")
      expect(limits["AlarmsOnlyWithCanary"]).to eq("cloudwatch:DescribeAlarms")
    end

    it "allows passing roles only to Lambda and CodeDeploy" do
      %w[lambda codedeploy ec2 cloudformation ecs-tasks].each do |service|
        expect(allowed?("iam:PassRole", role, "iam:PassedToService": "#{service}.amazonaws.com")).to be(%w[lambda codedeploy].include?(service))
      end
      expect(allowed?("iam:PassRole", role)).to be(false)
    end

    it "allows reading only the secrets of the application's stacks" do
      secret = "arn:aws:secretsmanager:REGION:ACCOUNT:secret:"
      expect(allowed?("secretsmanager:GetSecretValue", "#{secret}shop-production-SecretKeyBase-a1b2c3")).to be(true)
      expect(allowed?("secretsmanager:GetSecretValue", "#{secret}SecretKeyBase-a1b2c3")).to be(false)
      expect(allowed?("secretsmanager:GetSecretValue", "#{secret}bank-production-SecretKeyBase-a1b2c3")).to be(false)
      names = combinations.map { |combination| File.read("#{generate(*combination)}/template.yaml")[/^  SecretKeyBase:\n(?:    .*\n)*?      Name: (.*)/, 1] }
      expect(names.uniq).to eq(["!Sub ${AWS::StackName}-SecretKeyBase"])
    end

    it "has no wildcards in its actions; docs/deploy-boundary.json has none either" do
      %w[deploy-policy deploy-boundary].each do |name|
        statements = JSON.parse(File.read("#{RuntimeProcess::ROOT}/docs/#{name}.json"))["Statement"]
        expect(statements.flat_map { |it| it["Action"] }.grep(/\*/)).to be_empty
        expect(statements.select { |it| Array(it["Action"]).any? { |action| action.start_with?("iam:") } && it["Resource"] != "arn:aws:iam::ACCOUNT:role/shop-*" }).to be_empty
      end
    end
  end
end
