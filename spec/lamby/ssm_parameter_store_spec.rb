# frozen_string_literal: true

RSpec.describe "Lamby::SsmParameterStore" do
  # Runs the code in a separate process, so that the stand-in for aws-sdk-ssm is not loaded for other specs.
  def with_parameters(code, environment: {})
    sdk = File.expand_path("../support/aws_sdk", __dir__)
    in_a_process(<<~RUBY)
      $LOAD_PATH.unshift(#{sdk.inspect})
      require "aws-sdk-ssm"
      require "stringio"
      require "tmpdir"
      ENV.update(#{environment})
      AWS = Aws::SSM::Client
      23.times { |i| AWS.versions[format("/config/shop/V%02d", i)] = ["old \#{i}", "new \#{i}"] }
      AWS.versions["/config/shop/deep/DEEP"] = ["deep"]
      AWS.versions["/config/other/OTHER"] = ["other"]
      AWS.labels[["/config/shop/V01", "live"]] = 0
      store = Lamby::SsmParameterStore.new("/config/shop")
      puts JSON.generate(begin
        #{code}
      end)
    RUBY
  end

  it "gets all parameters below a path page by page, and does not request them a second time" do
    params, asked = with_parameters("[2.times.map { store.get!.params.map(&:to_a) }.last, AWS.asked]")
    expect(params.size).to eq(24)
    expect(params).to include(["/config/shop/V22", "V22", "new 22"], ["/config/shop/deep/DEEP", "DEEP", "deep"])
    expect(asked).to eq(["get_parameters_by_path"] * 3)
  end

  it "sets environment variables; with overwrite: false, it sets only those that are not set yet" do
    expect(with_parameters('ENV["V01"] = "own"; store.get!.to_env(overwrite: false); first = ENV["V01"]; store.to_env; [first, ENV["V01"], ENV["DEEP"]]'))
      .to eq(["own", "new 1", "deep"])
  end

  it "gets the version with the label in LAMBY_SSM_PARAMS_LABEL, or the latest version if none has the label" do
    values = 'store.get!.params.to_h { |it| [it.env, it.value] }.values_at("V01", "V02")'
    expect(with_parameters(values, environment: { "LAMBY_SSM_PARAMS_LABEL" => "live" })).to eq(["old 1", "new 2"])
    expect(with_parameters("store = Lamby::SsmParameterStore.new('/config/shop', label: :live); #{values}")).to eq(["old 1", "new 2"])
    expect(with_parameters(values, environment: { "LAMBY_SSM_PARAMS_LABEL" => "" })).to eq(["new 1", "new 2"])
  end

  it "returns the value of one parameter, or nil if no parameter has the name" do
    one = '%w[V01 V02 V99].map { |name| Lamby::SsmParameterStore.get!("/config/shop/" + name) }'
    expect(with_parameters(one)).to eq(["new 1", "new 2", nil])
    expect(with_parameters(one, environment: { "LAMBY_SSM_PARAMS_LABEL" => "live" })).to eq(["old 1", "new 2", nil])
  end

  it "passes client_options to the AWS client" do
    expect(with_parameters('Lamby::SsmParameterStore.new("/config/shop", client_options: { region: "eu-west-1" }).get!; AWS.options')).to eq("region" => "eu-west-1")
  end

  describe "with a file for dotenv" do
    values = [
      "plain", "", " ", "with space #1", "a # b", "$HOME", "it's \"quoted\" $(id) \\d", "-----BEGIN KEY-----\nabc=\n-----END KEY-----", "crlf\r\nPATH=/tmp\r\n",
      "literal \\n and \\r", "it's literal \\n", "lines\n and literal \\n", "ends with \\", "it's \\", "' #'", "\"", "\\\"'", "'$", "'$(", "'$()", "'$(a $(b) c)",
      "'\\$(id)", "'$(unbalanced $(id)", "'${HOME}", "'\\${HOME}", "'$$(id)", "\n", "\n'\n", "\u00e4' \u2028", "export X", "=", "#", "a=b&c=d%20"
    ]

    def write(values, before: "BEFORE=1\n")
      Dir.mktmpdir do |folder|
        file = "#{folder}/.env"
        File.write(file, before)
        File.chmod(0o644, file)
        modes = with_parameters(<<~RUBY, environment: { "LAMBY_SSM_PARAMS_FILE" => file })
          AWS.versions = #{values.each_with_index.to_h { |value, index| ["/config/shop/V#{index}", [value]] }}
          Lamby::SsmParameterStore.dotenv("/config/shop")
          Lamby::SsmParameterStore.new("/config/shop", dotenv_file: "#{file}.new").get!.to_dotenv
          ["#{file}.new", "#{file}"].map { |path| File.stat(path).mode.to_s(8)[-3..] }
        RUBY
        yield File.read(file, encoding: "UTF-8"), modes
      end
    end

    it "appends to the file, and lets only its owner read it, even if the file already exists" do
      write(%w[a]) do |text, modes|
        expect(text).to eq("BEFORE=1\nV0=a\n")
        expect(modes).to eq(%w[600 600])
      end
    end

    it "writes a line for each variable, even if the file's last line has no line break" do
      write(%w[a], before: "BEFORE=1") { |text,| expect(text).to eq("BEFORE=1\nV0=a\n") }
      write(%w[a], before: "") { |text,| expect(text).to eq("V0=a\n") }
    end

    # Version 2.4 of dotenv reads a file line by line. Before version 3.0, \n within double quotes is a line break. From
    # version 2.6 on, a quote after a backslash does not end a value.
    it "writes no escapes that versions of dotenv read differently" do
      write(values) do |text,|
        lines = text.lines(chomp: true)
        expect(lines.size).to eq(values.size + 4) # BEFORE and LAMBY_BACKSLASH once, DOTENV_LINEBREAK_MODE twice.
        expect(lines.values_at(1, 2, -1)).to eq(["LAMBY_BACKSLASH=\\", "DOTENV_LINEBREAK_MODE=legacy", "DOTENV_LINEBREAK_MODE="])
        expect(lines[3..-2]).to all(match(%r{\AV\d+=(?:[\w./:@%+,=-]+|'[^']*(?<!\\)'|'')\z|\AV\d+="(?:[^"\\]|\\["$nr])*"\z}))
      end
      write(["a", "b c"]) { |text,| expect(text).to eq("BEFORE=1\nV0=a\nV1='b c'\n") }
    end

    it "lets dotenv read each value unchanged and run no command", skip: ("without dotenv" unless Requirements.gem?("dotenv")) do
      require "dotenv"
      expect(Dotenv::Substitutions::Command).not_to receive(:`)
      write(values) do |text,|
        expect(Dotenv::Parser.call(text).except("LAMBY_BACKSLASH", "DOTENV_LINEBREAK_MODE"))
          .to eq("BEFORE" => "1", **values.each_with_index.to_h { |value, index| ["V#{index}", value] })
      end
    end
  end

  describe "sets no variable that decides which code runs:" do
    refused = %w[
      LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES PATH RUBYOPT RUBYLIB RUBYSHELL RUBY_DEBUG_OPEN GEM_HOME GEM_PATH BUNDLE_GEMFILE BUNDLE_PATH BUNDLER_SETUP
      BOOTSNAP_CACHE_DIR BASH_ENV SHELL IFS GCONV_PATH OPENSSL_CONF NODE_OPTIONS PYTHONPATH PERL5OPT GIT_SSH_COMMAND
      AWS_LAMBDA_RUNTIME_API AWS_LAMBDA_FUNCTION_NAME LAMBDA_TASK_ROOT _HANDLER _X_AMZN_TRACE_ID _LAMBDA_TELEMETRY_LOG_FD
    ]
    allowed = %w[DATABASE_URL GIT_SHA RAILS_ENV ENV AWS_REGION LAMBDA_SIZE OPENSSL_KEY PATHS MY_PATH ld_note]

    it "to_env skips it and logs a warning" do
      set, warnings = with_parameters(<<~RUBY)
        AWS.versions = #{(refused + allowed).to_h { |name| ["/config/shop/#{name}", ["from SSM"]] }}
        $stderr = StringIO.new
        store.get!.to_env
        [ENV.select { |_, value| value == "from SSM" }.keys, $stderr.string]
      RUBY
      expect(set).to match_array(allowed)
      refused.each { |name| expect(warnings).to match(%r{^\[WARN\] lamby: the parameter /config/shop/#{name} sets no variable: #{name} decides}) }
      expect(warnings.lines.size).to eq(refused.size)
    end

    it "to_dotenv skips it, and also skips names that dotenv cannot read" do
      text = with_parameters(<<~RUBY)
        AWS.versions = { "/config/shop/LD_PRELOAD" => ["x"], "/config/shop/RUBYOPT" => ["x"], "/config/shop/a-b" => ["x"], "/config/shop/OK" => ["x"] }
        Dir.mktmpdir do |folder|
          $stderr = StringIO.new
          Lamby::SsmParameterStore.new("/config/shop", dotenv_file: folder + "/env").get!.to_dotenv
          File.read(folder + "/env")
        end
      RUBY
      expect(text).to eq("OK=x\n")
    end
  end

  it "raises an error that names the gem aws-sdk-ssm if the gem is missing" do
    unless Gem::Specification.any? { |it| it.name == "aws-sdk-ssm" }
      expect { Lamby::SsmParameterStore }.to raise_error(LoadError, /needs the gem aws-sdk-ssm: add it to the Gemfile/)
    end
  end
end
