# frozen_string_literal: true

RSpec.describe "bin/deploy", :slow, :linters do
  include_context "with a deployed stack"

  # Runs bin/deploy with a stand-in for SAM that does nothing.
  def deploy
    FileUtils.mkdir_p("#{@folder}/tools")
    { "sam" => "[ \"$1\" = --version ] && echo 'SAM CLI, version 1.152.0'; mkdir -p .aws-sam; touch .aws-sam/packaged.yaml", "docker" => "exit 0" }.each do |name, code|
      File.write("#{@folder}/tools/#{name}", "#!/bin/sh\n#{code}\n")
      File.chmod(0o755, "#{@folder}/tools/#{name}")
    end
    File.write("#{@folder}/Gemfile.lock", "PLATFORMS\n  ruby\n")
    environment = { **credentials, "PATH" => "#{@folder}/tools:#{credentials["PATH"]}" }
    output, status = Open3.capture2e(environment, "#{@folder}/bin/deploy")
    expect(status).to be_success, output
    output
  end

  def versions
    JSON.parse(operate("releases", "--json").first).map { |release| release["version"].to_i }
  end

  # Makes as many versions of the function, each with its own image. The AWS CLI would take a second for each call.
  def deployed_versions(count)
    deployed("first")
    program = <<~PYTHON
      import boto3, json, sys
      registry, functions = boto3.client("ecr"), boto3.client("lambda")
      repository, function, count = sys.argv[1:]
      manifest = json.loads(registry.batch_get_image(repositoryName="shop-production", imageIds=[{"imageTag": "first"}])["images"][0]["imageManifest"])
      for number in range(2, int(count) + 1):
          manifest["config"]["digest"] = "sha256:" + format(number, "064x")
          registry.put_image(repositoryName="shop-production", imageTag=str(number), imageManifest=json.dumps(manifest))
          functions.update_function_code(FunctionName=function, ImageUri=repository + ":" + str(number))
          functions.publish_version(FunctionName=function)
    PYTHON
    output, status = Open3.capture2e(credentials, Linters.path("aws").sub(/aws\z/, "python3"), "-c", program, repository, function, count.to_s)
    expect(status).to be_success, output
  end

  it "keeps the newest 20 versions, and those that an alias names; lamby releases lists them, and lamby rollback accepts them" do
    deployed_versions(24)
    aws("lambda", "update-alias", "--function-name", function, "--name", "live", "--function-version", "24")
    aws("lambda", "create-alias", "--function-name", function, "--name", "canary", "--function-version", "2", "--routing-config", "AdditionalVersionWeights={3=0.1}")
    deploy
    expect(versions).to eq([*5..24].reverse + [3, 2])
    expect(operate("rollback", "3")).to match([include("shop-production runs version 3 now"), "", 0])
    expect(operate("rollback", "4")).to match(["", include("there is no version 4"), 1])
    # Requests go to version 3 now.
    deploy
    expect(versions).to include(3)
  end

  it "deletes no version if there are 20" do
    deployed_versions(20)
    deploy
    expect(versions.size).to eq(20)
  end

  it "succeeds if AWS does not allow it to delete versions, and says so" do
    deployed_versions(22)
    FileUtils.mkdir_p("#{@folder}/tools")
    File.write("#{@folder}/tools/aws", <<~SH)
      #!/bin/sh
      case "$*" in
        *delete-function*) echo "An error occurred (AccessDeniedException)" >&2; exit 254 ;;
        *) exec #{Linters.path("aws")} "$@" ;;
      esac
    SH
    File.chmod(0o755, "#{@folder}/tools/aws")
    expect(deploy).to include("AWS does not allow 'aws lambda delete-function'", "old versions of the function were not deleted", "shop-production is deployed: https://shop.example/")
    expect(versions.size).to eq(22)
  end
end
