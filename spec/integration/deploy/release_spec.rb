# frozen_string_literal: true

RSpec.describe "bin/deploy", :slow, :linters do
  include_context "with bin/deploy"

  it "creates the repository, builds, packages and deploys the application, and prints its URL" do
    install
    make_stack("shop-production")
    expect(deploy).to eq(0), @said
    expect(aws("ecr", "describe-repositories")["repositories"]).to match([include("repositoryUri" => repository, "imageScanningConfiguration" => { "scanOnPush" => true })])
    expect(aws("ecr", "get-lifecycle-policy", "--repository-name", "shop-production")["lifecyclePolicyText"]).to include("imageCountMoreThan")
    expect(asked).to eq([
                          "build --template template.yaml",
                          "package --image-repository #{repository} --output-template-file .aws-sam/packaged.yaml --region eu-west-1",
                          "deploy --template-file .aws-sam/packaged.yaml --stack-name shop-production --image-repository #{repository} --region eu-west-1 " \
                          "--capabilities CAPABILITY_IAM --no-confirm-changeset --no-fail-on-empty-changeset --parameter-overrides file://#{modes.keys.first}"
                        ])
    expect(parameters).to match("Environment" => "production", "Release" => match(/\A\h{48}-\h{16}\z/))
    expect(@said.lines(chomp: true)).to eq(["Deploying shop-production to eu-west-1, account 123456789012", "Creating the repository shop-production",
                                            "shop-production is deployed: https://shop.example/"])
  end

  it "does not create the repository again when it runs again" do
    install
    make_stack("shop-staging")
    deploy("staging")
    before = [aws("ecr", "describe-repositories"), asked.map { |line| line.sub(/file:.*/, "") }]
    expect(deploy("staging")).to eq(0), @said
    expect([aws("ecr", "describe-repositories"), asked.map { |line| line.sub(/file:.*/, "") }]).to eq([before[0], before[1] * 2])
    expect(@said).not_to include("Creating")
    expect(asked.last).to include("--stack-name shop-staging")
    expect(parameters).to include("Environment" => "staging")
  end

  # If both environments shared a repository, twenty deployments to staging would delete production's image.
  it "gives staging its own repository" do
    install
    %w[staging production].each do |environment|
      make_stack("shop-#{environment}")
      expect(deploy(environment)).to eq(0), @said
      expect(asked.last).to include("--image-repository #{repository.sub("production", environment)} ")
    end
    expect(aws("ecr", "describe-repositories")["repositories"].map { |it| it["repositoryName"] }).to contain_exactly("shop-staging", "shop-production")
  end

  it "tags the image that the function runs, which the repository's rules then keep" do
    install
    make_stack("shop-production")
    function
    expect(deploy).to eq(0), @said
    first, second = %w[first second].map { |text| push(text) }
    live = -> { aws("ecr", "describe-images", "--repository-name", "shop-production", "--image-ids", "imageTag=live")["imageDetails"].map { |it| it["imageDigest"] } }
    [first, second, second].each do |digest|
      function(image: "#{repository}@#{digest}")
      expect(deploy).to eq(0), @said
      expect(live.call).to eq([digest])
    end
    # The deployment after these also works: the image comes from another repository, or was deleted.
    ["#{repository}-old@#{first}", "#{repository}@sha256:#{"0" * 64}"].each do |image|
      function(image: image)
      expect(deploy).to eq(0), @said
    end
    expect(live.call).to eq([second])
    rules = JSON.parse(aws("ecr", "get-lifecycle-policy", "--repository-name", "shop-production")["lifecyclePolicyText"])["rules"]
    expect(rules.map { |rule| rule["selection"] }).to match([include("tagPatternList" => ["live"], "countNumber" => 1), include("tagStatus" => "any", "countNumber" => 20)])
  end

  it "with --dry-run only prints what it would do" do
    install
    expect(deploy("--dry-run")).to eq(0), @said
    expect(@said).to include("would run: aws ecr create-repository --repository-name shop-production", "would run: sam build", "would run: sam deploy")
    expect(asked).to be_empty
    expect(aws("ecr", "describe-repositories")["repositories"]).to be_empty
  end

  it "reads DATABASE_URL from the environment, and needs it for the first deployment" do
    install(database: "postgresql")
    expect(deploy).to eq(1)
    expect(@said).to include("bin/deploy: the first deployment needs DATABASE_URL in the environment; later ones keep its value.")
    make_stack("shop-production", "DatabaseUrl")
    expect(deploy).to eq(0), @said
    expect(parameters.except("Release")).to eq("Environment" => "production")
    deploy(DATABASE_URL: "postgresql://u:p@h/d", SUBNET_IDS: "a,b")
    expect(parameters).to include("DatabaseUrl" => "postgresql://u:p@h/d", "SubnetIds" => "a,b")
  end

  # A stack of lamby 6 has no such parameter.
  it "needs DATABASE_URL if the stack exists, but was made with another template" do
    install(database: "postgresql")
    make_stack("shop-production", "RailsEnv")
    expect(deploy).to eq(1)
    expect(@said).to include("bin/deploy: the first deployment needs DATABASE_URL in the environment; later ones keep its value.")
    expect(asked).to be_empty
  end

  it "gives the release a new name only if the image, the template or the parameters have changed" do
    install(database: "postgresql")
    make_stack("shop-production")
    release = lambda do |**environment|
      expect(deploy(**environment)).to eq(0), @said
      parameters["Release"]
    end
    function(release: first = release.call(DATABASE_URL: "postgresql://h/d"), DATABASE_URL: "postgresql://h/d")
    expect([release.call(DATABASE_URL: "postgresql://h/d"), release.call]).to eq([first, first])
    expect(release.call(DATABASE_URL: "postgresql://h/another")).not_to eq(first)
    expect(release.call(DATABASE_URL: "postgresql://h/d", SUBNET_IDS: "a")).not_to eq(first)
    File.write("#{@folder}/shop/template.yaml", "#{File.read("#{@folder}/shop/template.yaml")}# Another\n")
    expect(release.call(DATABASE_URL: "postgresql://h/d")).not_to eq(first)
    # An older bin/deploy put a hash of the secrets into the release's name, so this name must not be used again.
    function(release: "a" * 64, DATABASE_URL: "postgresql://h/d")
    expect(release.call(DATABASE_URL: "postgresql://h/d")).not_to include("a" * 16)
  end

  it "passes ALARM_EMAIL and RESERVED_CONCURRENCY to the stack" do
    install(alarms: true)
    make_stack("shop-production")
    expect(deploy(ALARM_EMAIL: "ops@shop.example", RESERVED_CONCURRENCY: "20")).to eq(0), @said
    expect(parameters).to match("Environment" => "production", "Release" => String, "AlarmEmail" => "ops@shop.example", "ReservedConcurrency" => "20")
    expect(deploy).to eq(0), @said
    expect(parameters.keys).to contain_exactly("Environment", "Release")
  end

  # The stack must not keep the value: a deployment in a hurry would turn off all later gradual deployments.
  it "deploys gradually to production, unless ROLLOUT says otherwise, and at once to staging" do
    install(canary: true)
    make_stack("shop-production")
    make_stack("shop-staging")
    rollouts = [[{}], [{ ROLLOUT: "at-once" }], [{}], ["staging", {}], ["staging", { ROLLOUT: "canary" }]].map do |*arguments, environment|
      expect(deploy(*arguments, **environment)).to eq(0), @said
      parameters["Rollout"]
    end
    expect(rollouts).to eq(%w[canary at-once canary at-once canary])
  end

  it "passes a permissions boundary to the stack" do
    install
    make_stack("shop-production")
    deploy(PERMISSIONS_BOUNDARY: "arn:aws:iam::123456789012:policy/shop-boundary")
    expect(parameters).to include("PermissionsBoundary" => "arn:aws:iam::123456789012:policy/shop-boundary")
  end

  # Translates the template with SAM's own transform, as CloudFormation does.
  it "publishes a new version of the function for a new release" do
    install(database: "postgresql")
    program = <<~PYTHON
      import logging, os, sys
      os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
      from samcli.yamlhelper import yaml_parse
      from samtranslator.translator.transform import transform
      logging.disable(logging.ERROR)
      class Policies:
          def load(self): return {}
      for release, url in [("a" * 48 + "-" + "1" * 16, "x"), ("a" * 48 + "-" + "1" * 16, "x"), ("b" * 48 + "-" + "1" * 16, "x"), ("", "x")]:
          template = yaml_parse(open(sys.argv[1]).read())
          template["Resources"]["Function"]["Properties"]["ImageUri"] = "shop:1"
          resources = transform(template, {"Release": release, "DatabaseUrl": url}, Policies())["Resources"]
          print([name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Version"][0])
    PYTHON
    output, errors, status = Open3.capture3(Linters.path("sam").sub(/sam\z/, "python"), "-c", program, "#{@folder}/shop/template.yaml")
    expect(status).to be_success, errors
    first, same, another, without = output.split
    expect(same).to eq(first)
    expect([first, another, without].uniq.size).to eq(3)
  end

  it "needs VPC_ID and PUBLIC_SUBNET_IDS for a load balancer" do
    install(integration: "alb")
    expect(deploy(VPC_ID: "vpc-1")).to eq(1)
    expect(@said).to include("needs PUBLIC_SUBNET_IDS")
    deploy(VPC_ID: "vpc-1", PUBLIC_SUBNET_IDS: "a,b")
    expect(parameters).to include("VpcId" => "vpc-1", "PublicSubnetIds" => "a,b")
  end
end
