# frozen_string_literal: true

RSpec.describe "lamby doctor" do
  include_context "with lamby doctor"

  it "prints what it has found, and exits with status 0 if it found no error" do
    rack
    out, err, status = doctor
    expect([err, status]).to eq(["", 0])
    expect(out.sub(/in \d+\.\d s/, "in TIME")).to eq(<<~TEXT)
      ok       Ruby          Ruby #{RUBY_VERSION}, Lamby #{Lamby::VERSION}
      ok       git           #{`git --version`.chomp}
      ok       AWS CLI       2.31.0
      ok       SAM CLI       1.152.0
      ok       Docker        28.2.2, build e6534b4
      ok       files         Dockerfile, template.yaml, bin/deploy and Gemfile.lock exist
      ok       AWS account   arn:aws:iam::123456789012:user/ada, account 123456789012, region eu-west-1
      ok       stack         shop-production: UPDATE_COMPLETE, https://shop.lambda-url.example/
      ok       permissions   AWS allows cloudformation:DescribeStacks, ecr:DescribeRepositories, lambda:GetFunction, secretsmanager:DescribeSecret, logs:FilterLogEvents, cloudwatch:GetMetricData
      ok       boot          config/environment.Lamby.cmd starts in TIME (Rack, production)
      ok       integration   Function URL, buffered responses
      ok       image         function:shop has 0.50 GB; Lambda accepts 10 GB

      All is well.
    TEXT
  end

  it "prints remedies, counts errors and warnings, and exits with status 1 if it found an error" do
    rack
    tool("sam", nil)
    tool("git", nil)
    out, err, status = doctor
    expect([err, status]).to eq(["", 1])
    expect(out).to include(<<~TEXT, <<~OTHER).and(end_with("\n1 error, 1 warning\n"))
      warning  git           git is missing
                             → install git; bin/deploy does not need it, but CI deploys from a git repository
    TEXT
      error    SAM CLI       the SAM CLI is missing; bin/deploy needs it
                             → install it: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html
    OTHER
  end

  it "finds tools that are missing, old or broken" do
    rack
    tool("aws", nil)
    tool("sam", "echo SAM CLI, version 1.151.2")
    tool("docker", nil)
    tool("podman", "echo podman version 5")
    expect(results("AWS CLI")).to match([["error", "the AWS CLI is missing", /\Ainstall it: /]])
    expect(@all.select { |it| ["Docker", "SAM CLI"].include?(it["check"]) }.map { |it| it["message"] }).to eq(
      ["1.151.2; bin/deploy needs 1.152 or newer, because older versions do not read parameters from a file",
       "Docker is missing; bin/deploy builds the image with it (bin/deploy does not use podman)"]
    )
    expect(@all.find { |it| it["check"] == "AWS account" }).to include("status" => "error", "message" => start_with("there is no region"))

    tool("aws", "echo aws-cli/1.45.11 Python/3.11")
    expect(results("AWS CLI")).to match([["warning", "1.45.11; version 1 has no \"aws sso login\" and no \"aws logs tail\"", /\Ainstall version 2: /]])
    tool("aws", "echo Segmentation fault >&2; exit 139")
    expect(results("AWS CLI")).to match([["error", "\"aws --version\" does not print a version", /\Ainstall it again: /]])
  end

  it "does not wait longer than --timeout for programs that hang, and ends their child processes" do
    rack
    tool("sam", "sleep 600 & echo $! > #{@folder}/child; wait")
    tool("docker", docker(info: "exec sleep 600"))
    tool("aws", aws("sts get-caller-identity": "exec sleep 600"))
    write("config/environment.rb", "sleep 600")
    expect(results("SAM CLI", "--timeout", "2", AWS_REGION: "eu-west-1")).to match([["error", "\"sam --version\" did not end within 2 s", /\Ainstall it again: /]])
    expect(@status).to eq(1)
    messages = @all.to_h { |it| [it["check"], it["message"]] }
    expect(messages["Docker"]).to eq("\"docker info\" did not end within 2 s; the Docker daemon does not respond")
    expect(messages["AWS account"]).to start_with("\"aws sts get-caller-identity\" did not end within 2 s")
    expect(messages["boot"]).to eq("config/environment.Lamby.cmd does not start in the environment production: it did not start within 2 s")
    child = File.read("#{@folder}/child").to_i
    wait_until("the end of the child process") { !File.exist?("/proc/#{child}") || File.read("/proc/#{child}/stat").split[2] == "Z" }
  end

  it "finds a Docker daemon that does not run, and one that cannot build for the function's processor" do
    rack
    tool("docker", docker(info: "exit 1"))
    expect(results("Docker")).to eq([["error", "Docker is installed, but the Docker daemon is not running", "start Docker"]])
    tool("docker", docker(arch: "amd64"))
    expect(results("Docker")).to match([["ok", anything, nil], ["error", "Docker builds images for amd64 here, and the function needs arm64", include("lamby install --architecture x86_64")]])
    tool("docker", docker(arch: "amd64", platforms: "linux/amd64, linux/arm64"))
    expect(results("Docker")).to match([["ok", anything, nil]])
  end

  it "finds an image that is too large for Lambda, and says if there is no image" do
    rack
    tool("docker", docker(size: 10_000_000_001))
    expect(results("image")).to match([["error", "function:shop has 10.00 GB, and Lambda accepts 10 GB", include("docker history function:shop")]])
    tool("docker", docker.sub("function:shop", "other"))
    expect(results("image")).to eq([["skipped", "function:shop is not on this machine; bin/deploy builds it", nil]])
  end

  it "finds secrets that git stores" do
    rack
    ["config/master.key", "config/credentials/staging.key", ".env", ".env.example"].each { |file| write(file, "secret") }
    system("git", "init", "-q", chdir: "#{@folder}/shop")
    expect(results("git")).to match([["ok", /\Agit version/, nil]])
    system("git", "add", "--force", ".", chdir: "#{@folder}/shop")
    expect(results("git")).to match([["error", start_with("git stores .env and config/credentials/staging.key and config/master.key, so"), include("git rm --cached .env config/")]])
  end

  it "finds an image with another Ruby" do
    rack
    write("Dockerfile", "FROM public.ecr.aws/docker/library/ruby:2.7-slim\n")
    expect(results("Ruby")).to match([["warning", "Ruby #{RUBY_VERSION}, Lamby #{Lamby::VERSION}; the image has Ruby 2.7", /\Ause the same Ruby/]])
  end

  it "finds files that are missing or wrong" do
    rack
    File.chmod(0o644, "#{@folder}/shop/bin/deploy")
    write("Gemfile.lock", "PLATFORMS\n  x86_64-linux\n\nDEPENDENCIES\n")
    expect(results("files")).to eq([["error", "bin/deploy is not executable", "run \"chmod +x bin/deploy\""],
                                    ["error", "Gemfile.lock does not name the image's platform", "run \"bundle lock --add-platform aarch64-linux\""]])
    %w[bin/deploy template.yaml Dockerfile Gemfile.lock].each { |file| File.delete("#{@folder}/shop/#{file}") }
    expect(results("files")).to eq([["error", "these files are missing: Dockerfile, template.yaml, bin/deploy", "run \"lamby install\" in the application's folder"],
                                    ["error", "Gemfile.lock is missing", "run \"bundle install\""]])
    expect(@all.find { |it| it["check"] == "stack" }.values_at("status", "message")).to eq(["skipped", "there is no bin/deploy, which names the stack"])
  end

  it "exits with status 2 for a wrong command line" do
    rack
    expect(doctor("--timeout", "0").drop(1)).to match([include("--timeout is 0.0, and has to be more than 0"), 2])
    expect(doctor("--environment", "test").drop(1)).to match([include("there is no environment \"test\""), 2])
    expect(doctor("--help")[0]).to include("Exit status: 0 if no check found an error, 1 if one did")
  end
end
