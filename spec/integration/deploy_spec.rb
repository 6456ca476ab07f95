# frozen_string_literal: true

require "lamby/install"
require "net/http"
require "open3"
require "socket"
require "tmpdir"
require "yaml"

# The script bin/deploy that `lamby install` writes, with AWS's own command line against moto's
# server, which answers as ECR and CloudFormation do. Docker and SAM are stood in for: what they
# were asked is written down.
RSpec.describe "bin/deploy", :slow, :linters do
  before(:all) do
    Linters.check
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    @moto = Process.spawn(Linters.path("moto_server"), "--port", @port.to_s, out: File::NULL, err: File::NULL)
    Waiting.until("moto's server") { answers? }
  end

  after(:all) do
    Process.kill("TERM", @moto)
    Process.wait(@moto)
  end

  before do
    Net::HTTP.post(URI("http://127.0.0.1:#{@port}/moto-api/reset"), "")
    @folder = Dir.mktmpdir
    FileUtils.mkdir_p(["#{@folder}/shop", "#{@folder}/tools"])
    File.write("#{@folder}/shop/Gemfile.lock", "PLATFORMS\n  aarch64-linux\n\nDEPENDENCIES\n")
    tool("docker", "exit 0")
    tool("sam", sam)
    File.symlink(Linters.path("aws"), "#{@folder}/tools/aws")
  end

  after { FileUtils.rm_rf(@folder) }

  def answers?
    Net::HTTP.get_response(URI("http://127.0.0.1:#{@port}/moto-api/")).is_a?(Net::HTTPSuccess)
  rescue SystemCallError
    false
  end

  def tool(name, code)
    FileUtils.rm_f("#{@folder}/tools/#{name}")
    File.write("#{@folder}/tools/#{name}", "#!/bin/sh\n#{code}\n")
    File.chmod(0o755, "#{@folder}/tools/#{name}")
  end

  def install(**options)
    Lamby::Install::Generator.new([], { quiet: true, **options }, destination_root: "#{@folder}/shop", shell: Lamby::Install::Shell.new).invoke_all
  end

  def deploy(*arguments, **environment)
    environment = {
      "AWS_ENDPOINT_URL" => "http://127.0.0.1:#{@port}", "AWS_ACCESS_KEY_ID" => "key", "AWS_SECRET_ACCESS_KEY" => "secret", "AWS_REGION" => "eu-west-1",
      "PATH" => "#{@folder}/tools:/usr/bin:/bin", "HOME" => @folder, "AWS_MAX_ATTEMPTS" => "1", **environment.transform_keys(&:to_s)
    }
    @said, status = Open3.capture2e(environment, "#{@folder}/shop/bin/deploy", *arguments, unsetenv_others: true, chdir: "/")
    status.exitstatus
  end

  def asked
    File.exist?("#{@folder}/sam.log") ? File.readlines("#{@folder}/sam.log", chomp: true) : []
  end

  # Records its arguments, and keeps the file of parameters and its mode.
  def sam(version: "1.152.0", output: "")
    <<~SH
      [ "$1" = --version ] && echo "SAM CLI, version #{version}" && exit
      echo "$*" >> #{@folder}/sam.log
      case $1 in
        package) mkdir -p .aws-sam && cp template.yaml .aws-sam/packaged.yaml ;;
        deploy)
          file=${*##*file://}
          cp "$file" #{@folder}/parameters.yaml
          stat -c '%a %n' "$file" "${file%/*}" > #{@folder}/modes
          #{output}
          ;;
      esac
    SH
  end

  # The parameters of the last deployment.
  def parameters
    YAML.safe_load_file("#{@folder}/parameters.yaml")
  end

  # A function that has been deployed with these variables, and its stack with this release.
  def function(release:, **variables)
    File.write("#{@folder}/function.json", JSON.generate("Environment" => { "Variables" => variables }))
    tool("aws", <<~SH)
      case "$*" in
        *get-function-configuration*) exec python3 -c 'import json, sys; print(json.load(open("#{@folder}/function.json"))["Environment"]["Variables"].get(sys.argv[1].split(".")[2]))' "$6" ;;
        *FunctionName*) echo shop-production-Function-1 ;;
        *ParameterKey*) echo #{release} ;;
        *describe-stacks*StackStatus*) echo UPDATE_COMPLETE ;;
        *) exec #{Linters.path("aws")} "$@" ;;
      esac
    SH
  end

  def aws(*command)
    environment = { "AWS_ENDPOINT_URL" => "http://127.0.0.1:#{@port}", "AWS_ACCESS_KEY_ID" => "key", "AWS_SECRET_ACCESS_KEY" => "secret", "AWS_DEFAULT_REGION" => "eu-west-1" }
    output, status = Open3.capture2(environment, Linters.path("aws"), *command, "--output", "json")
    raise "aws #{command.join(" ")} failed" unless status.success?

    output.empty? ? nil : JSON.parse(output)
  end

  # A stack as CloudFormation knows it.
  def make_stack(name)
    template = JSON.generate("Resources" => { "Topic" => { "Type" => "AWS::SNS::Topic" } }, "Outputs" => { "Url" => { "Value" => "https://shop.example/" } })
    aws("cloudformation", "create-stack", "--stack-name", name, "--template-body", template)
  end

  let(:repository) { "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop" }

  def modes
    File.readlines("#{@folder}/modes", chomp: true).to_h { |line| line.split(" ", 2).reverse }
  end

  it "makes the repository, builds, packages, deploys, and says where it answers" do
    install
    make_stack("shop-production")
    expect(deploy).to eq(0), @said
    expect(aws("ecr", "describe-repositories")["repositories"]).to match([include("repositoryUri" => repository, "imageScanningConfiguration" => { "scanOnPush" => true })])
    expect(aws("ecr", "get-lifecycle-policy", "--repository-name", "shop")["lifecyclePolicyText"]).to include("imageCountMoreThan")
    expect(asked).to eq([
                          "build --template template.yaml",
                          "package --image-repository #{repository} --output-template-file .aws-sam/packaged.yaml --region eu-west-1",
                          "deploy --template-file .aws-sam/packaged.yaml --stack-name shop-production --image-repository #{repository} --region eu-west-1 " \
                          "--capabilities CAPABILITY_IAM --no-confirm-changeset --no-fail-on-empty-changeset --parameter-overrides file://#{modes.keys.first}"
                        ])
    expect(parameters).to match("Environment" => "production", "Release" => match(/\A\h{48}-\h{16}\z/))
    expect(@said.lines(chomp: true)).to eq(["Deploying shop-production to eu-west-1, account 123456789012", "Creating the repository shop",
                                            "shop-production is deployed: https://shop.example/"])
  end

  it "changes nothing more when it runs again" do
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

  it "only says what it would do, where that is asked for" do
    install
    expect(deploy("--dry-run")).to eq(0), @said
    expect(@said).to include("would run: aws ecr create-repository --repository-name shop", "would run: sam build", "would run: sam deploy")
    expect(asked).to be_empty
    expect(aws("ecr", "describe-repositories")["repositories"]).to be_empty
  end

  it "takes a database's address from the environment, which the first deployment needs" do
    install(database: "postgresql")
    expect(deploy).to eq(1)
    expect(@said).to include("bin/deploy: the first deployment needs DATABASE_URL in the environment; later ones keep its value.")
    make_stack("shop-production")
    expect(deploy).to eq(0), @said
    expect(parameters.except("Release")).to eq("Environment" => "production")
    deploy(DATABASE_URL: "postgresql://u:p@h/d", SUBNET_IDS: "a,b")
    expect(parameters).to include("DatabaseUrl" => "postgresql://u:p@h/d", "SubnetIds" => "a,b")
  end

  describe "keeps secrets" do
    secret = "postgresql://shop:s3cret-\"$(id)\\\\&'`*\#@db/shop?a=1 b"

    before { install(database: "postgresql") }

    it "out of its output, which has asterisks in their place" do
      make_stack("shop-production")
      expect(deploy("--dry-run", DATABASE_URL: secret, SUBNET_IDS: "a,b")).to eq(0), @said
      expect(@said).to include("with the parameters: Environment=production SubnetIds=a,b DatabaseUrl=********")
      expect(@said).not_to include("s3cret")
      expect(asked).to be_empty
    end

    it "out of command lines: SAM reads them from a file that only its owner can read, which is deleted afterwards" do
      make_stack("shop-production")
      expect(deploy(DATABASE_URL: secret, SUBNET_IDS: "a,b")).to eq(0), @said
      expect(parameters).to include("DatabaseUrl" => secret, "SubnetIds" => "a,b", "Environment" => "production")
      expect(asked.join + @said).not_to include("s3cret")
      expect(modes.values).to eq(%w[600 700])
      expect(modes.keys.select { |path| File.exist?(path) }).to be_empty
    end

    it "out of what SAM prints" do
      make_stack("shop-production")
      tool("sam", sam(output: "cat $file; cat $file >&2; exit 9"))
      expect(deploy(DATABASE_URL: "s3cret-1*", SUBNET_IDS: "a,b")).to eq(9)
      expect(@said.scan('DatabaseUrl: "********"').size).to eq(2)
      expect(@said).not_to include("s3cret")
      expect(Dir.exist?(File.dirname(asked.last[%r{file://(.*)}, 1]))).to be(false)
    end

    # A reader of the function's description could test guesses against a hash.
    it "out of a release's name" do
      make_stack("shop-production")
      names = Array.new(2) do
        deploy(DATABASE_URL: secret)
        parameters["Release"]
      end
      expect(names.uniq.size).to eq(2)
      function(release: names.last, DATABASE_URL: "another")
      deploy(DATABASE_URL: secret)
      expect(parameters["Release"]).not_to eq(names.last)
    end
  end

  it "tells a release from another by image, template and parameters" do
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
    # A release name of an older bin/deploy, which was a hash over secrets.
    function(release: "a" * 64, DATABASE_URL: "postgresql://h/d")
    expect(release.call(DATABASE_URL: "postgresql://h/d")).not_to include("a" * 16)
  end

  it "hands a permissions boundary to the stack" do
    install
    make_stack("shop-production")
    deploy(PERMISSIONS_BOUNDARY: "arn:aws:iam::123456789012:policy/shop-boundary")
    expect(parameters).to include("PermissionsBoundary" => "arn:aws:iam::123456789012:policy/shop-boundary")
  end

  # By SAM's own translation, as CloudFormation does it.
  it "has another release be another version of the function" do
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

  it "asks for a load balancer's network" do
    install(integration: "alb")
    expect(deploy(VPC_ID: "vpc-1")).to eq(1)
    expect(@said).to include("needs PUBLIC_SUBNET_IDS")
    deploy(VPC_ID: "vpc-1", PUBLIC_SUBNET_IDS: "a,b")
    expect(parameters).to include("VpcId" => "vpc-1", "PublicSubnetIds" => "a,b")
  end

  describe "says what is wrong, and what to do" do
    before { install }

    # What AWS's command line says, and what comes of it.
    {
      "Unable to locate credentials. You can configure credentials by running \"aws configure\"." => [4, "AWS does not know who you are. Sign in"],
      "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation" => [4, "AWS does not know who you are"],
      "An error occurred (AccessDeniedException) when calling the DescribeRepositories operation: User: x is not authorized" => [5, "AWS does not allow 'aws sts get-caller-identity'"],
      "An error occurred (ThrottlingException) when calling the DescribeRepositories operation: Rate exceeded" => [6, "Nothing is lost: run bin/deploy again"],
      "Could not connect to the endpoint URL" => [1, "aws sts get-caller-identity failed"]
    }.each do |error, (status, message)|
      it "with #{status}: #{error[/\((\w+)\)/, 1] || error[0, 30]}" do
        tool("aws", "echo '#{error}' >&2; exit 255")
        expect(deploy).to eq(status)
        expect(@said).to include(message, error)
        expect(asked).to be_empty
      end
    end

    it "with 4: there are no credentials, as AWS's own command line says it" do
      expect(deploy(AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_EC2_METADATA_DISABLED: "true")).to eq(4)
      expect(@said).to include("Sign in with 'aws configure'")
    end

    it "with 4: there is no region" do
      expect(deploy(AWS_REGION: "")).to eq(4)
      expect(@said).to include("there is no region: set AWS_REGION")
    end

    %w[aws sam docker].each do |name|
      it "with 3: #{name} is missing" do
        FileUtils.rm_f("#{@folder}/tools/#{name}")
        %w[bash cat chmod cut dirname env grep mktemp od rm sed tr python3].each do |it|
          File.symlink("/usr/bin/#{it}", "#{@folder}/tools/#{it}") unless File.exist?("#{@folder}/tools/#{it}")
        end
        expect(deploy(PATH: "#{@folder}/tools")).to eq(3)
        expect(@said).to include("bin/deploy: #{name} is missing: ", "https://")
      end
    end

    it "with 3: SAM is too old to read parameters from a file" do
      ["1.151.0", "1.99.0", "0.53.0", "unknown"].each do |version|
        tool("sam", sam(version: version))
        expect([deploy, @said]).to match([3, include("SAM CLI 1.152 or newer is needed")])
      end
      tool("sam", sam(version: "2.0.0"))
      make_stack("shop-production")
      expect(deploy).to eq(0), @said
    end

    it "with 3: the image's gems are not locked" do
      File.write("#{@folder}/shop/Gemfile.lock", "PLATFORMS\n  arm64-darwin-23\n\nDEPENDENCIES\n  ruby\n")
      expect(deploy).to eq(3)
      expect(@said).to include("does not name the image's platform: run 'bundle lock --add-platform aarch64-linux'")
      FileUtils.rm("#{@folder}/shop/Gemfile.lock")
      expect(deploy).to eq(3)
      expect(@said).to include("make it with 'bundle install'")
    end

    it "with 3: Docker does not run" do
      tool("docker", "exit 1")
      expect(deploy).to eq(3)
      expect(@said).to include("Docker does not run: start it")
    end

    it "with 2: there is no such option" do
      expect(deploy("--stage")).to eq(2)
      expect(@said).to include("there is no option --stage; see bin/deploy --help")
      expect(deploy("--help")).to eq(0)
      expect(@said).to include("bin/deploy staging", "Exit status: 0")
      expect(@said).not_to include("set -euo")
    end

    it "with 1: a stack that was never deployed whole" do
      tool("aws", <<~SH)
        case "$*" in
          *get-caller*) echo 1 ;;
          *describe-repositories*) echo repository ;;
          *describe-stacks*) echo ROLLBACK_COMPLETE ;;
        esac
      SH
      expect(deploy).to eq(1)
      expect(@said).to include("aws cloudformation delete-stack --stack-name shop-production")
      expect(asked).to be_empty
    end

    it "with SAM's own status where that fails" do
      tool("sam", "[ $1 = --version ] && echo 'SAM CLI, version 1.152.0' && exit; echo 'Build Failed' >&2; exit 7")
      expect(deploy).to eq(7)
      expect(@said).to include("Build Failed")
    end
  end
end
