# frozen_string_literal: true

require "lamby/scaffold"
require "pty"
require "yaml"

# Checks how `lamby install` runs. spec/lamby/scaffold/templates_spec.rb checks the files that it writes.
RSpec.describe "lamby install" do
  include_context "with generated projects"

  before { rack_application }

  def install(*arguments, into: @folder, input: File::NULL)
    root = File.expand_path("../../..", __dir__)
    output, @status = Open3.capture2e(RbConfig.ruby, "-I", "#{root}/lib", "#{root}/exe/lamby", "install", *arguments, chdir: into, stdin_data: File.read(input))
    output
  end

  it "writes the files for a Rack application without asking questions" do
    expect(install).to include("create  Dockerfile", "bin/deploy")
    expect(files).to eq(%w[
                          .devcontainer/Dockerfile .devcontainer/devcontainer.json .devcontainer/docker-compose.yml .dockerignore
                          .github/workflows/deploy.yml .github/workflows/test.yml .lamby.yml Dockerfile bin/deploy bin/server bin/setup
                          config/environment.rb template.yaml
                        ])
    expect(%w[deploy server setup].map { |name| File.executable?("bin/#{name}") }).to all(be(true))
  end

  it "changes nothing when it runs again" do
    install
    before = contents
    expect(install).not_to match(/create|force|keep|gsub/)
    expect(contents).to eq(before)
  end

  it "shows how an existing file would change, and overwrites it only with --force" do
    install
    File.write("Dockerfile", "FROM scratch\n# lamby runtime\n")
    output = install
    expect(output).to include("-FROM scratch", "+FROM public.ecr.aws", "keep  Dockerfile (--force overwrites it)").or include("FROM scratch")
    expect(File.read("Dockerfile")).to start_with("FROM scratch\n")
    install("--force")
    expect(File.read("Dockerfile")).to include("ENTRYPOINT")
  end

  # A user can answer only in a terminal, so the command gets a pseudo-terminal.
  it "asks in a terminal before it overwrites a file, and overwrites it only if the user enters y or a" do
    install
    answers = { "y" => true, "" => false, "n" => false, "what?" => false, "a" => true }
    answers.each do |answer, overwritten|
      File.write("template.yaml", "Mine: true\n")
      command = [RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "#{RuntimeProcess::ROOT}/exe/lamby", "install"]
      output, input, pid = PTY.spawn(*command)
      said = +""
      read = lambda do
        output.wait_readable(20) or raise("the command prints nothing more: #{said}")
        said << output.readpartial(1_000)
      end
      read.call until said.include?("Overwrite ")
      input.puts(answer)
      begin
        loop { read.call }
      rescue EOFError, Errno::EIO # Both exceptions mean that the command has ended.
        Process.wait(pid)
      end
      expect(said).to include("Mine: true", "[y/N/a(ll)/q(uit)]")
      expect([answer, File.read("template.yaml").include?("Resources:")]).to eq([answer, overwritten])
    end
  end

  it "omits files with --skip-* and --ci none, and writes nothing with --pretend" do
    install("--pretend")
    expect(files).to be_empty
    install("--skip-docker", "--skip-devcontainer", "--skip-bin", "--ci", "none")
    expect(files).to eq(%w[.lamby.yml config/environment.rb template.yaml])
  end

  it "does not change the application's own scripts in bin" do
    Dir.mkdir("bin")
    File.write("bin/setup", "#!/bin/sh\nmake\n")
    install
    expect(File.read("bin/setup")).to eq("#!/bin/sh\nmake\n")
  end

  it "does not change the application's own Dockerfile and test workflow, and writes a Dockerfile with another name" do
    others = { "Dockerfile" => "FROM ruby\nCMD [\"puma\"]\n", ".github/workflows/ci.yml" => "on: push\n" }
    FileUtils.mkdir_p(".github/workflows")
    others.each { |path, text| File.write(path, text) }
    2.times { install }
    expect(others.keys.to_h { |path| [path, File.read(path)] }).to eq(others)
    expect(File.read("Dockerfile.lambda")).to include("lamby", "--file Dockerfile.lambda .")
    expect(File.read("template.yaml")).to include("Dockerfile: Dockerfile.lambda\n")
    expect(Dir[".github/workflows/*"]).to contain_exactly(".github/workflows/ci.yml", ".github/workflows/deploy.yml")
  end

  # This Gemfile.lock was written on a Mac, so it lacks the image's platform.
  it "adds the image's platform to Gemfile.lock with Bundler" do
    File.write("Gemfile", "source \"https://rubygems.org\"\n")
    lock = "PLATFORMS\n  arm64-darwin-23\n\nDEPENDENCIES\n"
    File.write("Gemfile.lock", lock)
    expect(install("--pretend")).to include("run  bundle lock --add-platform aarch64-linux")
    expect(File.read("Gemfile.lock")).to eq(lock)
    install
    expect(File.read("Gemfile.lock")).to include("  aarch64-linux\n  arm64-darwin-23\n")
    expect(install).not_to include("bundle lock")
  end

  it "adds SAM's build folder to .gitignore and .dockerignore, only once" do
    FileUtils.touch("Dockerfile")
    File.write(".gitignore", "/log\n")
    File.write(".dockerignore", "/log\n")
    2.times { install }
    expect(File.read(".gitignore")).to eq("/log\n\n# The output of bin/deploy.\n/.aws-sam\n")
    expect(File.read(".dockerignore").scan("/.aws-sam")).to eq(["/.aws-sam"])
  end

  it "adds the lines that exclude secrets to the application's own .dockerignore" do
    File.write(".dockerignore", "/log\n**/.env*\n")
    2.times { install }
    expect(File.read(".dockerignore")).to start_with("/log\n**/.env*\n\n# Secrets and databases.\n**/*.sqlite3*\nconfig/*.key\nconfig/credentials/*.key\n.aws\n\n")
    rails_application
    2.times { install }
    expect(File.read(".dockerignore")).to end_with("\n# Secrets and databases.\n!db/production.sqlite3\n!db/staging.sqlite3\n")
  end

  # Files of a new application of Rails 6.1 that matter here.
  def rails_application(gemfile = "gem 'lamby'\ngem 'sqlite3'\n", folder: "db")
    FileUtils.mkdir_p("config")
    File.write("config/application.rb", "require 'rails/all'\n")
    File.write("Gemfile", gemfile)
    File.write("Gemfile.lock", "PLATFORMS\n  ruby\n")
    File.write("config/database.yml", <<~YAML)
      default: &default
        adapter: sqlite3

      production:
        <<: *default
        database: #{folder}/production.sqlite3
    YAML
  end

  it "says that SQLite is read-only on Lambda, and how to use a database server" do
    rails_application
    said = install
    expect(said).to include("each write fails", "db/production.sqlite3 into the image", "lamby install --database postgresql", "lamby install --database mysql")
    expect(said).to include("Next:\n  1. Make the database: RAILS_ENV=production bin/rails db:prepare\n  2. Start Docker")
    expect(File.read("template.yaml")).to include("DATABASE_URL: !Sub sqlite3:file:/var/task/db/${Environment}.sqlite3%3Fimmutable=1\n")
    expect(File.read(".dockerignore")).to match(/^\*.*sqlite3\*\n(.*\n)*!db\/production\.sqlite3\n!db\/staging\.sqlite3\n/)
    said = install("--database", "postgresql", "--force")
    expect(said).to include("Next:\n  1. Add the gem pg: bundle add pg\n  2. For the first deployment, set DATABASE_URL.\n  3. Start Docker")
    expect(said).not_to include("SQLite")
    expect(File.read("template.yaml")).to include("DATABASE_URL: !Ref DatabaseUrl\n").and(satisfy { |text| !text.include?("sqlite") })
  end

  it "gives staging a copy of production's section in database.yml, cable.yml, cache.yml and queue.yml" do
    rails_application(folder: "storage")
    File.write("config/cable.yml", "production:\n  adapter: redis\n  channel_prefix: shop_production\n\n# The end.\n")
    2.times { install }
    expect(File.read("config/database.yml")).to end_with("\n\nstaging:\n  <<: *default\n  database: storage/staging.sqlite3\n")
    expect(File.read("config/cable.yml")).to end_with("# The end.\n\nstaging:\n  adapter: redis\n  channel_prefix: shop_staging\n")
    expect(File.read(".dockerignore")).to include("!storage/production.sqlite3\n!storage/staging.sqlite3\n")
  end

  it "tells the user to make Gemfile.lock if it is missing" do
    expect(install).to include("Next:\n  1. Make Gemfile.lock: bundle install\n  2. Start Docker, and sign in to AWS.\n  3. Deploy: bin/deploy\n")
    File.write("Gemfile.lock", "PLATFORMS\n  ruby\n")
    expect(install).to include("Next:\n  1. Start Docker")
  end

  it "says how to get e-mails about alarms, if there are alarms" do
    expect(install).not_to include("ALARM_EMAIL")
    expect(install("--canary", "--force")).to match(/^  \d\. To get an e-mail at each alarm, set ALARM_EMAIL for the deployment\.\n  \d\. Start Docker/)
  end

  it "says what is wrong with its arguments, and writes nothing" do
    expect(install("--integration", "alb", "--streaming")).to include("alb cannot stream responses").and include("function_url, rest_api")
    expect(@status.exitstatus).to eq(2)
    expect(install("--streaming", "--database", "mysql")).to include("a private network cannot stream", "--integration rest_api, or --no-vpc")
    expect(@status.exitstatus).to eq(2)
    expect(install("--integration", "alb", "--auth", "iam")).to include("--auth iam is for a Function URL, not for --integration alb")
    expect(install("--internal")).to include("--internal is for a load balancer: add --integration alb")
    expect(install("--integration", "carrier-pigeon")).to include("function_url, http_api, rest_api, alb")
    expect(install("--colour", "red")).to include("--colour")
    expect(install("shop")).to include("unexpected argument \"shop\"")
    expect(@status).not_to be_success
    expect(files).to be_empty
  end

  it "connects the function to a private network only if it can need one" do
    subnets = lambda do |*options|
      FileUtils.rm_f(".lamby.yml")
      install("--force", *options)
      [File.read("template.yaml"), File.read("bin/deploy"), File.read(".github/workflows/deploy.yml")].map { |text| text.match?(/SUBNET_IDS/) }.uniq
    end
    expect(subnets.call).to eq([false])
    expect(subnets.call("--vpc")).to eq([true])
    expect(subnets.call("--database", "mysql")).to eq([true])
    expect(subnets.call("--database", "mysql", "--streaming", "--integration", "rest_api")).to eq([true])
    expect(subnets.call("--database", "mysql", "--streaming", "--no-vpc")).to eq([false])
    expect(File.read("template.yaml")).to include("RESPONSE_STREAM", "DatabaseUrl")
  end

  it "says who can send requests, and limits them with --auth iam and --internal" do
    Lamby::Scaffold::Settings::INTEGRATIONS.each do |integration|
      expect(install("--force", "--integration", integration)).to match(/^The .* is public, in production and in staging: everybody/)
    end
    expect(File.read("template.yaml")).to include("Scheme: internet-facing", "PublicSubnetIds")
    expect(install("--force", "--integration", "alb", "--internal")).to include("The load balancer is not public: only clients in your network")
    expect(File.read("template.yaml")).to include("Scheme: internal\n", "Subnets: !Ref PrivateSubnetIds").and(satisfy { |text| !text.include?("PublicSubnetIds") })
    expect([File.read("bin/deploy"), File.read(".github/workflows/deploy.yml")]).to all(include("PRIVATE_SUBNET_IDS"))
    expect(install("--force", "--auth", "iam")).to include("--auth iam is for a Function URL, not for --integration alb: add --auth none")
    expect(install("--force", "--auth", "iam", "--integration", "function_url", "--no-internal")).to include("The Function URL is not public: only AWS identities")
    expect(File.read("template.yaml")).to include("AuthType: AWS_IAM\n").and(satisfy { |text| !text.include?("AuthType: NONE") })
  end

  it "keeps its options, so that running it again proposes only what other options change" do
    install("--integration", "rest_api", "--streaming", "--ci", "circleci", "--skip-devcontainer", "--name", "store")
    expect(YAML.safe_load_file(".lamby.yml")).to eq(
      "name" => "store", "integration" => "rest_api", "architecture" => "arm64", "streaming" => true, "ci" => "circleci", "skip_devcontainer" => true
    )
    expect(install).not_to match(/create|force|keep|gsub/)
    before = contents
    said = install("--force", "--architecture", "x86_64")
    changed = contents.reject { |path, text| before[path] == text }.keys
    expect(changed).to eq(%w[.circleci/config.yml .lamby.yml Dockerfile bin/deploy template.yaml])
    expect(said.scan(/force +(\S+)/).flatten).to match_array(changed)
    expect(install("--integration", "alb")).to include("--integration alb cannot stream responses: add --no-streaming, or choose")
    install("--force", "--integration", "alb", "--no-streaming")
    expect(File.read(".lamby.yml")).to include("integration: alb\n", "streaming: false\n", "architecture: x86_64\n")
  end

  it "says what is wrong with the file of its options" do
    { "integration: alb\ncolour: red\n" => 'unknown option "colour"', "- a\n" => "not a list of options", "a: [" => "not YAML" }.each do |text, message|
      File.write(".lamby.yml", text)
      expect(install).to include(".lamby.yml").and include(message)
      expect(@status.exitstatus).to eq(2)
      expect(File.read(".lamby.yml")).to eq(text)
    end
  end

  it "says which files are missing in a folder without an application, and writes nothing" do
    FileUtils.rm(%w[Gemfile config.ru])
    expect(install).to include("this folder has no application: Gemfile and config.ru are missing. Go to the application's folder, or make a new Rails application with \"lamby new NAME\"")
    expect(@status.exitstatus).to eq(2)
    File.write("Gemfile", "")
    expect(install).to include("config.ru is missing")
    expect(files).to be_empty
  end

  it "names everything that the first deployment needs" do
    File.write("Gemfile", "")
    expect(install("--integration", "alb", "--database", "mysql")).to include(<<~TEXT)
      Next:
        1. Add the gem lamby: bundle add lamby
        2. Add the gem mysql2: bundle add mysql2
        3. Make Gemfile.lock: bundle install
        4. For the first deployment, set DATABASE_URL, VPC_ID, PUBLIC_SUBNET_IDS.
        5. Start Docker, and sign in to AWS.
        6. Deploy: bin/deploy
    TEXT
  end

  it "deletes its files when rails destroy calls it" do
    install
    Lamby::Scaffold::Generator.new([], { quiet: true }, destination_root: @folder, behavior: :revoke).invoke_all
    expect(files).to be_empty
  end
end
