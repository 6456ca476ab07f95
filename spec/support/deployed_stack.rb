# frozen_string_literal: true

require "digest"
require "time"
require "tmpdir"
require_relative "moto"

# Runs `lamby` with the real AWS CLI for an application that is deployed in moto's server, which simulates
# CloudFormation, Lambda, CloudWatch and ECR.
RSpec.shared_context "with a deployed stack" do
  include CommandLine

  # moto's Lambda takes the digests of images from moto's ECR.
  include_context "with moto's server", { "MOTO_LAMBDA_STUB_ECR" => "FALSE" }

  before do
    @folder = Dir.mktmpdir
    File.write("#{@folder}/Gemfile", "gem \"lamby\"\n")
    File.write("#{@folder}/config.ru", "run ->(_env) { [200, {}, []] }\n")
    require "lamby/scaffold"
    Lamby::Scaffold::Generator.new([], { quiet: true, name: "shop" }, destination_root: @folder, shell: Lamby::Scaffold::Prompt.new).invoke_all
  end

  after { FileUtils.rm_rf(@folder) }

  let(:function) { "shop-production-Function-1" }
  let(:repository) { "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-production" }

  def credentials
    { "AWS_ENDPOINT_URL" => "http://127.0.0.1:#{@port}", "AWS_ACCESS_KEY_ID" => "key", "AWS_SECRET_ACCESS_KEY" => "secret",
      "AWS_REGION" => "eu-west-1", "AWS_DEFAULT_REGION" => "eu-west-1", "AWS_MAX_ATTEMPTS" => "1", "AWS_PROFILE" => nil,
      "AWS_EC2_METADATA_DISABLED" => "true", "HOME" => @folder, "PATH" => "#{File.dirname(Linters.path("aws"))}:#{ENV.fetch("PATH")}" }
  end

  # Runs `lamby` in the application's folder.
  def operate(*arguments, env: {}, stdin: "")
    lamby(*arguments, folder: @folder, stdin: stdin, env: credentials.merge(env))
  end

  # Puts a stand-in for the AWS CLI, or nothing, into the PATH.
  def with_aws(code)
    FileUtils.mkdir_p("#{@folder}/tools")
    File.write("#{@folder}/tools/aws", "#!/bin/sh\n#{code}\n") && File.chmod(0o755, "#{@folder}/tools/aws") if code
    { "PATH" => "#{@folder}/tools:/usr/bin:/bin" }
  end

  def aws(*command)
    output, status = Open3.capture2(credentials, Linters.path("aws"), *command, "--output", "json")
    raise "aws #{command.join(" ")} failed" unless status.success?

    output.empty? ? nil : JSON.parse(output)
  end

  # Makes the stack, and a function with one version for each release. The alias names the last version. Returns the
  # images' digests.
  def deployed(*releases, stack: "shop-production", outputs: { "Url" => "https://shop.example/", "FunctionName" => function })
    template = { "Resources" => { "Topic" => { "Type" => "AWS::SNS::Topic" } }, "Outputs" => outputs.transform_values { |value| { "Value" => value } } }
    aws("cloudformation", "create-stack", "--stack-name", stack, "--template-body", JSON.generate(template))
    return if releases.empty?

    images = releases.to_h { |release| [release, push(release)] }
    role = aws("iam", "create-role", "--role-name", "role", "--assume-role-policy-document", "{}").dig("Role", "Arn")
    aws("lambda", "create-function", "--function-name", function, "--package-type", "Image", "--code", "ImageUri=#{repository}:#{releases.first}", "--role", role)
    releases.each do |release|
      aws("lambda", "update-function-code", "--function-name", function, "--image-uri", "#{repository}:#{release}")
      aws("lambda", "publish-version", "--function-name", function, "--description", release)
    end
    aws("lambda", "create-alias", "--function-name", function, "--name", "live", "--function-version", releases.size.to_s)
    images
  end

  # Pushes an image, and returns its digest.
  def push(tag)
    aws("ecr", "create-repository", "--repository-name", "shop-production") if aws("ecr", "describe-repositories")["repositories"].empty?
    layer = { "mediaType" => "application/vnd.docker.image.rootfs.diff.tar.gzip", "size" => 1, "digest" => "sha256:#{Digest::SHA256.hexdigest(tag)}" }
    manifest = { "schemaVersion" => 2, "mediaType" => "application/vnd.docker.distribution.manifest.v2+json", "layers" => [layer],
                 "config" => layer.merge("mediaType" => "application/vnd.docker.container.image.v1+json") }
    aws("ecr", "put-image", "--repository-name", "shop-production", "--image-tag", tag, "--image-manifest", JSON.generate(manifest))
      .dig("image", "imageId", "imageDigest")
  end

  def metric(name, value)
    data = [{ "MetricName" => name, "Value" => value, "Timestamp" => (Time.now.utc - 60).iso8601, "Dimensions" => [{ "Name" => "FunctionName", "Value" => function }] }]
    aws("cloudwatch", "put-metric-data", "--namespace", "AWS/Lambda", "--metric-data", JSON.generate(data))
  end
end
