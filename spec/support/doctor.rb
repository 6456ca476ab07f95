# frozen_string_literal: true

require "tmpdir"

# Runs `lamby doctor` for a generated project. Stand-ins for the AWS CLI, SAM and Docker reply as if all were well.
RSpec.shared_context "with lamby doctor" do
  include CommandLine

  before do
    require "lamby/scaffold"
    @folder = Dir.mktmpdir
    FileUtils.mkdir_p(["#{@folder}/shop/config", "#{@folder}/tools"])
    write("Gemfile", "gem \"lamby\"\n")
    write("Gemfile.lock", "PLATFORMS\n  aarch64-linux\n\nDEPENDENCIES\n")
    tool("sam", "echo SAM CLI, version 1.152.0")
    tool("docker", docker)
    tool("aws", aws)
    # Without the PATH of this machine, on which other tools may be.
    %w[git sh cat sleep].each { |name| File.symlink(program(name), "#{@folder}/tools/#{name}") }
  end

  after { FileUtils.rm_rf(@folder) }

  def program(name)
    ENV.fetch("PATH").split(":").map { |folder| "#{folder}/#{name}" }.find { |path| File.executable?(path) }
  end

  def write(file, text)
    FileUtils.mkdir_p(File.dirname("#{@folder}/shop/#{file}"))
    File.write("#{@folder}/shop/#{file}", text)
  end

  def tool(name, code)
    FileUtils.rm_f("#{@folder}/tools/#{name}")
    File.write("#{@folder}/tools/#{name}", "#!/bin/sh\n#{code}\n") && File.chmod(0o755, "#{@folder}/tools/#{name}") if code
  end

  # Code that prints an image's size, and replies to the other commands of Docker.
  def docker(size: 500_000_000, info: "exit 0", arch: "arm64", platforms: "")
    <<~SH
      case "$1 $2" in
        "--version ") echo "Docker version 28.2.2, build e6534b4" ;;
        "info ") #{info} ;;
        "version --format") echo #{arch} ;;
        "buildx inspect") echo "Platforms: #{platforms}" ;;
        "image inspect") [ "$5" = function:shop ] && echo #{size} ;;
      esac
    SH
  end

  # Code that replies to the commands of the AWS CLI. The replies can be replaced by their command.
  def aws(**replies)
    replies = {
      "--version " => "echo aws-cli/2.31.0 Python/3.13.7", "configure get" => "echo eu-west-1",
      "sts get-caller-identity" => "echo '{\"Account\": \"123456789012\", \"Arn\": \"arn:aws:iam::123456789012:user/ada\"}'",
      "cloudformation describe-stacks" => stack("UPDATE_COMPLETE")
    }.merge(replies.transform_keys(&:to_s))
    "case \"$1 $2\" in\n#{replies.map { |command, code| "  \"#{command}\") #{code} ;;\n" }.join}  *) echo {} ;;\nesac"
  end

  def stack(status)
    outputs = [{ "OutputKey" => "Url", "OutputValue" => "https://shop.lambda-url.example/" }]
    "echo '#{JSON.generate(Stacks: [{ StackStatus: status, Outputs: outputs }])}'"
  end

  def fails(message) = "echo '#{message}' >&2; exit 254"

  # Writes an application, and runs the generator.
  def generate(environment, **options)
    write("config/environment.rb", environment)
    write("config.ru", "")
    Lamby::Scaffold::Generator.new([], { quiet: true, force: true, name: "shop", skip_rails: true, **options }, destination_root: "#{@folder}/shop", shell: Lamby::Scaffold::Prompt.new).invoke_all
    write("config/environment.rb", environment)
    # The image's Ruby is this machine's Ruby.
    write("Dockerfile", File.read("#{@folder}/shop/Dockerfile").gsub(/ruby:[\d.]+-slim/, "ruby:#{RUBY_VERSION}-slim"))
  end

  def rack(**options)
    generate("require \"lamby\"\nLamby.config.rack_app = ->(_env) { [200, {}, []] }\n", **options)
  end

  def doctor(*arguments, **env)
    none = { "AWS_REGION" => nil, "AWS_DEFAULT_REGION" => nil, "AWS_PROFILE" => nil, "SECRET_KEY_BASE" => nil, "RAILS_MASTER_KEY" => nil, "DATABASE_URL" => nil }
    lamby("doctor", *arguments, folder: "#{@folder}/shop", env: none.merge("PATH" => "#{@folder}/tools", "HOME" => @folder, **env.transform_keys(&:to_s)))
  end

  # Runs all checks, and returns the results of one check: for each its status, its message and its remedy.
  def results(check, *arguments, **env)
    out, err, @status = doctor("--json", *arguments, **env)
    raise err if out.empty?

    @all = JSON.parse(out).fetch("checks")
    @all.select { |result| result["check"] == check }.map { |result| result.values_at("status", "message", "remedy") }
  end
end
