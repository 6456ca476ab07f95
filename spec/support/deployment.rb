# frozen_string_literal: true

require "open3"
require "tmpdir"
require "yaml"
require_relative "moto"

# Runs the script bin/deploy that `lamby install` writes, with the AWS CLI against moto's server, which simulates ECR
# and CloudFormation. A stand-in for SAM records its arguments. A stand-in for Docker does nothing.
RSpec.shared_context "with bin/deploy" do
  require "lamby/scaffold"

  include_context "with moto's server"

  before do
    @folder = Dir.mktmpdir
    FileUtils.mkdir_p(["#{@folder}/shop", "#{@folder}/tools"])
    File.write("#{@folder}/shop/Gemfile.lock", "PLATFORMS\n  aarch64-linux\n\nDEPENDENCIES\n")
    File.write("#{@folder}/shop/Gemfile", "gem \"lamby\"\n")
    File.write("#{@folder}/shop/config.ru", "")
    tool("docker", "exit 0")
    tool("sam", sam)
    File.symlink(Linters.path("aws"), "#{@folder}/tools/aws")
  end

  after { FileUtils.rm_rf(@folder) }

  def tool(name, code)
    FileUtils.rm_f("#{@folder}/tools/#{name}")
    File.write("#{@folder}/tools/#{name}", "#!/bin/sh\n#{code}\n")
    File.chmod(0o755, "#{@folder}/tools/#{name}")
  end

  def install(**options)
    Lamby::Scaffold::Generator.new([], { quiet: true, **options }, destination_root: "#{@folder}/shop", shell: Lamby::Scaffold::Prompt.new).invoke_all
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

  # A stand-in for SAM that records its arguments, the file of parameters and the file's mode.
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

  # Returns the parameters of the last deployment.
  def parameters
    YAML.safe_load_file("#{@folder}/parameters.yaml")
  end

  # Pretends that the function was deployed with this release, these variables, and this image.
  def function(release: "", image: nil, **variables)
    File.write("#{@folder}/function.json", JSON.generate("Environment" => { "Variables" => variables }))
    tool("aws", <<~SH)
      case "$*" in
        *get-function-configuration*) exec python3 -c 'import json, sys; print(json.load(open("#{@folder}/function.json"))["Environment"]["Variables"].get(sys.argv[1].split(".")[2]))' "$6" ;;
        *FunctionName*) echo shop-production-Function-1 ;;
        *"get-function "*) [ -z "#{image}" ] && echo "An error occurred (ResourceNotFoundException)" >&2 && exit 254; echo "#{image}" ;;
        *"ParameterKey=='Release'"*) echo #{release} ;;
        *"ParameterKey=='DatabaseUrl'"*) echo DatabaseUrl ;;
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

  # Pushes an image, and returns its digest. Each image needs another text.
  def push(text)
    manifest = { schemaVersion: 2, mediaType: "application/vnd.docker.distribution.manifest.v2+json", config: { digest: text, size: 1 }, layers: [] }
    aws("ecr", "put-image", "--repository-name", "shop-production", "--image-manifest", JSON.generate(manifest), "--image-tag", text).dig("image", "imageId", "imageDigest")
  end

  # Creates a stack in moto's CloudFormation, with these parameters.
  def make_stack(name, *parameters)
    template = { "Resources" => { "Topic" => { "Type" => "AWS::SNS::Topic" } }, "Outputs" => { "Url" => { "Value" => "https://shop.example/" } },
                 "Parameters" => parameters.to_h { |parameter| [parameter, { "Type" => "String", "Default" => "" }] } }
    aws("cloudformation", "create-stack", "--stack-name", name, "--template-body", JSON.generate(template))
  end

  let(:repository) { "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-production" }

  def modes
    File.readlines("#{@folder}/modes", chomp: true).to_h { |line| line.split(" ", 2).reverse }
  end
end
