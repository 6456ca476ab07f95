# frozen_string_literal: true

RSpec.describe "bin/deploy", :slow, :linters do
  include_context "with bin/deploy"

  describe "when it does not deploy," do
    before { install }

    # Messages of the AWS CLI, each with the exit status and the message of bin/deploy.
    {
      "Unable to locate credentials. You can configure credentials by running \"aws configure\"." => [4, "AWS does not know who you are. Sign in"],
      "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation" => [4, "AWS does not know who you are"],
      "An error occurred (AccessDeniedException) when calling the DescribeRepositories operation: User: x is not authorized" => [5, "AWS does not allow 'aws sts get-caller-identity'"],
      "An error occurred (ThrottlingException) when calling the DescribeRepositories operation: Rate exceeded" => [6, "Nothing is lost: run bin/deploy again"],
      "Could not connect to the endpoint URL" => [1, "aws sts get-caller-identity failed"]
    }.each do |error, (status, message)|
      it "explains why the AWS CLI failed, and exits with status #{status}: #{error[/\((\w+)\)/, 1] || error[/\A[^.]+/]}" do
        tool("aws", "echo '#{error}' >&2; exit 255")
        expect(deploy).to eq(status)
        expect(@said).to include(message, error)
        expect(asked).to be_empty
      end
    end

    it "exits with status 4 if there are no AWS credentials" do
      expect(deploy(AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_EC2_METADATA_DISABLED: "true")).to eq(4)
      expect(@said).to include("Sign in with 'aws configure'")
    end

    it "exits with status 4 if there is no region" do
      expect(deploy(AWS_REGION: "")).to eq(4)
      expect(@said).to include("there is no region: set AWS_REGION")
    end

    %w[aws sam docker].each do |name|
      it "exits with status 3 if #{name} is not installed" do
        FileUtils.rm_f("#{@folder}/tools/#{name}")
        %w[bash cat chmod cut dirname env grep mktemp od rm sed tr python3].each do |it|
          File.symlink("/usr/bin/#{it}", "#{@folder}/tools/#{it}") unless File.exist?("#{@folder}/tools/#{it}")
        end
        expect(deploy(PATH: "#{@folder}/tools")).to eq(3)
        expect(@said).to include("bin/deploy: #{name} is missing: ", "https://")
      end
    end

    it "exits with status 3 if SAM is too old to read parameters from a file" do
      ["1.151.0", "1.99.0", "0.53.0", "unknown"].each do |version|
        tool("sam", sam(version: version))
        expect([deploy, @said]).to match([3, include("SAM CLI 1.152 or newer is needed")])
      end
      tool("sam", sam(version: "2.0.0"))
      make_stack("shop-production")
      expect(deploy).to eq(0), @said
    end

    it "exits with status 3 if Gemfile.lock is missing or does not have the image's platform" do
      File.write("#{@folder}/shop/Gemfile.lock", "PLATFORMS\n  arm64-darwin-23\n\nDEPENDENCIES\n  ruby\n")
      expect(deploy).to eq(3)
      expect(@said).to include("does not name the image's platform: run 'bundle lock --add-platform aarch64-linux'")
      FileUtils.rm("#{@folder}/shop/Gemfile.lock")
      expect(deploy).to eq(3)
      expect(@said).to include("make it with 'bundle install'")
    end

    it "exits with status 3 if Docker is not running" do
      tool("docker", "exit 1")
      expect(deploy).to eq(3)
      expect(@said).to include("Docker is not running: start it")
    end

    it "exits with status 3 if Docker cannot build for the function's architecture, and says what to do" do
      docker = ->(platforms) { "case $1 in version) echo amd64 ;; buildx) echo 'Platforms: #{platforms}' ;; esac" }
      tool("docker", docker.call("linux/amd64, linux/amd64/v2, linux/386"))
      expect(deploy).to eq(3)
      expect(@said).to include("Docker builds images for amd64 here, and the function needs arm64.", "binfmt --install arm64", "lamby install --architecture x86_64", "CI")
      tool("docker", docker.call("linux/amd64, linux/arm64"))
      expect(deploy("--dry-run")).to eq(0), @said
      File.write("#{@folder}/shop/Gemfile.lock", "PLATFORMS\n  ruby\n")
      install(architecture: "x86_64", force: true)
      tool("docker", docker.call("linux/amd64"))
      expect(deploy("--dry-run")).to eq(0), @said
    end

    it "exits with status 1 if Rails redirects to HTTPS, and the load balancer has no certificate" do
      FileUtils.mkdir_p("#{@folder}/shop/config/environments")
      FileUtils.touch("#{@folder}/shop/config/application.rb")
      production = "#{@folder}/shop/config/environments/production.rb"
      File.write(production, "Rails.application.configure do\n  config.force_ssl = true\nend\n")
      install(integration: "alb", force: true)
      network = { VPC_ID: "vpc-1", PUBLIC_SUBNET_IDS: "a,b" }
      expect(deploy("--dry-run", **network)).to eq(1)
      expect(@said).to include("config.force_ssl is on", "Set CERTIFICATE_ARN to the ARN")
      expect(deploy("--dry-run", **network, CERTIFICATE_ARN: "arn:aws:acm:eu-west-1:1:certificate/1")).to eq(0), @said
      File.write(production, "# config.force_ssl = true\n")
      expect(deploy("--dry-run", **network)).to eq(0), @said
    end

    it "exits with status 2 for an unknown option, and 0 for --help" do
      expect(deploy("--stage")).to eq(2)
      expect(@said).to include("there is no option --stage; see bin/deploy --help")
      expect(deploy("--help")).to eq(0)
      expect(@said).to include("bin/deploy staging", "Exit status: 0")
      expect(@said).not_to include("set -euo")
    end

    it "exits with status 1 and prints a command that deletes the stack if the stack's first deployment has failed" do
      tool("aws", <<~SH)
        case "$*" in
          *get-caller*) echo 1 ;;
          *describe-repositories*) echo repository ;;
          *describe-stacks*) echo ROLLBACK_COMPLETE ;;
        esac
      SH
      expect(deploy).to eq(1)
      expect(@said).to include("bundle exec lamby delete --environment production")
      expect(asked).to be_empty
    end

    it "exits with status 7 if SAM fails with status 7" do
      tool("sam", "[ $1 = --version ] && echo 'SAM CLI, version 1.152.0' && exit; echo 'Build Failed' >&2; exit 7")
      expect(deploy).to eq(7)
      expect(@said).to include("Build Failed")
    end
  end
end
