# frozen_string_literal: true

require "open3"
require "tmpdir"

# Checks the commands and the YAML of README.md and docs/. `rake examples` runs the blocks of Ruby.
RSpec.describe "the documentation's commands" do
  shell = CodeBlocks.in("sh")
  # Commands of blocks without the mark no_run. CI runs all of them, and the first example below runs those of lamby.
  run_by_ci = %w[bin/quickstart bin/test cc cd dot rake rspec ruby]

  it "run here or in CI, or their block has the mark no_run" do
    Dir.mktmpdir do |folder|
      shell.reject(&:no_run).each do |block|
        commands = block.text.gsub(/<<'(\w+)'.*?^\1$/m, "").lines.map { |line| line[/\A[\w\/]+/] }.compact.uniq
        next if (commands - run_by_ci).empty?

        path = "#{File.expand_path("bin")}:#{ENV.fetch("PATH")}"
        output, status = Open3.capture2e({ "PATH" => path }, "bash", "-e", "-c", block.text, chdir: folder)
        expect([block.to_s, output, status.success?]).to match([block.to_s, /^200 in /, true])
      end
    end
  end

  it "have valid shell syntax" do
    errors = shell.map { |block| Open3.capture2e("bash", "-n", stdin_data: block.text).first.gsub(/^bash:/, "#{block}:") }
    expect(errors.reject(&:empty?)).to eq([])
  end

  it "pass only options that the command of lamby has" do
    help = Hash.new do |all, name|
      out = StringIO.new
      Lamby::CLI.run([name, "--help"], out: out, err: out)
      all[name] = out.string
    end
    unknown = shell.flat_map do |block|
      block.text.gsub(/\\\n/, "").scan(/(?:^|&& |exec )lamby (\w+)([^\n#|>]*)/).flat_map do |name, rest|
        next [] if name == "runtime"

        options = rest.gsub(/"[^"]*"/, "").scan(/(?<=\s)--?[a-z][\w-]*/)
        options.reject { |option| help[name].match?(/(?<![\w-])#{option}\b/) }.map { |option| "#{block}: lamby #{name} #{option}" }
      end
    end
    expect(unknown).to eq([])
  end

  it "are accompanied by valid YAML" do
    errors = CodeBlocks.in("yaml").filter_map do |block|
      Psych.parse(block.text) && nil
    rescue Psych::SyntaxError => e
      "#{block}: #{e.message}"
    end
    expect(errors).to eq([])
  end

  describe "with AWS's tools", :slow, :linters do
    before(:all) { Linters.check }

    # The AWS CLI checks the arguments before it connects to AWS. There is no server at this address.
    let(:environment) do
      {
        "PATH" => "#{@tools}:#{File.dirname(Linters.path("aws"))}:/usr/bin:/bin", "HOME" => @tools, "AWS_MAX_ATTEMPTS" => "1",
        "AWS_ENDPOINT_URL" => "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID" => "key", "AWS_SECRET_ACCESS_KEY" => "secret", "AWS_REGION" => "us-east-1"
      }
    end

    around { |example| Dir.mktmpdir { |folder| Dir.chdir(@tools = folder) { example.run } } }

    it "pass arguments that the AWS CLI accepts" do
      # Programs other than the AWS CLI do nothing here.
      %w[bundle curl dig psql lamby].each { |name| File.write(name, "#!/bin/sh\n") && File.chmod(0o755, name) }
      FileUtils.mkdir_p("bin")
      %w[bin/deploy bin/rails].each { |name| File.write(name, "#!/bin/sh\n") && File.chmod(0o755, name) }
      # The files that commands read as `file://NAME`.
      File.write("deploy-boundary.json", "{}")
      wrong = shell.select { |block| block.no_run && block.text.match?(/\baws /) }.filter_map do |block|
        output, = Open3.capture2e(environment, "bash", "-c", for_version_one(block.text), unsetenv_others: true)
        "#{block}: #{output}" if output.match?(/usage:|Unknown options|Parameter validation failed|Invalid choice|error: |not found/i)
      end
      expect(wrong).to eq([])
    end

    # Returns the commands without what only version 2 of the AWS CLI has, because PyPI has only version 1.
    def for_version_one(commands)
      commands.gsub(/^\s*aws logs tail .*/, "").gsub(/\s--cli-binary-format \S+/, "")
    end

    it "stand beside YAML that cfn-lint accepts in a generated template" do
      blocks = CodeBlocks.in("yaml").reject { |block| block.place.empty? }
      errors = blocks.group_by(&:page).flat_map do |page, on_page|
        named = on_page.flat_map { |block| block.place.first }.uniq
        (named.empty? ? %w[function_url] : named).map do |integration|
          chosen = on_page.select { |block| block.place.first.empty? || block.place.first.include?(integration) }
          complaints("#{page[/\w[\w-]*(?=\.md)/]}-#{integration}", integration, chosen)
        end
      end
      expect(errors.reject(&:empty?)).to eq([])
    end

    def complaints(name, integration, blocks)
      require "lamby/scaffold"
      FileUtils.mkdir_p("#{name}/config")
      FileUtils.touch("#{name}/config/application.rb")
      File.write("#{name}/Gemfile", "gem \"pg\"\n")
      options = { integration: integration, quiet: true, name: "shop" }
      Lamby::Scaffold::Generator.new([], options, destination_root: File.expand_path(name), shell: Lamby::Scaffold::Prompt.new).invoke_all
      merged = CodeBlocks.merge(File.read("#{name}/template.yaml"), blocks)
      File.write("#{name}/template.yaml", merged)
      transform(name) || Linters.complaints("cfn-lint", "--ignore-checks", "W", "--", "#{name}/transformed.json")
    end

    # Returns the error, or nil.
    def transform(name)
      python = File.expand_path("../python3", Linters.path("cfn-lint"))
      script = File.expand_path("support/transform_template.py", __dir__)
      environment = { "AWS_DEFAULT_REGION" => "us-east-1" }
      output, status = Open3.capture2e(environment, python, script, "#{name}/template.yaml", "#{name}/transformed.json")
      "#{name}: #{output}" unless status.success?
    end
  end
end
