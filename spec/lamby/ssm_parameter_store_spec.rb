# frozen_string_literal: true

RSpec.describe "Lamby::SsmParameterStore" do
  # In a process of its own: the gem aws-sdk-ssm is not there for other specs.
  def with_parameters(code, environment: {})
    sdk = File.expand_path("../support/aws_sdk", __dir__)
    in_a_process(<<~RUBY)
      $LOAD_PATH.unshift(#{sdk.inspect})
      require "aws-sdk-ssm"
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

  it "gets all parameters below a path, page by page, once" do
    params, asked = with_parameters("[2.times.map { store.get!.params.map(&:to_a) }.last, AWS.asked]")
    expect(params.size).to eq(24)
    expect(params).to include(["/config/shop/V22", "V22", "new 22"], ["/config/shop/deep/DEEP", "DEEP", "deep"])
    expect(asked).to eq(["get_parameters_by_path"] * 3)
  end

  it "sets the environment, or what is not set yet" do
    expect(with_parameters('ENV["V01"] = "own"; store.get!.to_env(overwrite: false); first = ENV["V01"]; store.to_env; [first, ENV["V01"], ENV["DEEP"]]'))
      .to eq(["own", "new 1", "deep"])
  end

  it "takes the version with the label, where there is one" do
    values = 'store.get!.params.to_h { |it| [it.env, it.value] }.values_at("V01", "V02")'
    expect(with_parameters(values, environment: { "LAMBY_SSM_PARAMS_LABEL" => "live" })).to eq(["old 1", "new 2"])
    expect(with_parameters("store = Lamby::SsmParameterStore.new('/config/shop', label: :live); #{values}")).to eq(["old 1", "new 2"])
    expect(with_parameters(values, environment: { "LAMBY_SSM_PARAMS_LABEL" => "" })).to eq(["new 1", "new 2"])
  end

  it "gets one by its name, or nil" do
    one = '%w[V01 V02 V99].map { |name| Lamby::SsmParameterStore.get!("/config/shop/" + name) }'
    expect(with_parameters(one)).to eq(["new 1", "new 2", nil])
    expect(with_parameters(one, environment: { "LAMBY_SSM_PARAMS_LABEL" => "live" })).to eq(["old 1", "new 2", nil])
  end

  it "hands its options on to the client" do
    expect(with_parameters('Lamby::SsmParameterStore.new("/config/shop", client_options: { region: "eu-west-1" }).get!; AWS.options')).to eq("region" => "eu-west-1")
  end

  describe "writes a file for dotenv" do
    values = ["plain", "with space #1", "$HOME", "it's \"quoted\" $(id) \\d", "-----BEGIN KEY-----\nabc=\n-----END KEY-----", ""]

    def write(values)
      Dir.mktmpdir do |folder|
        file = "#{folder}/.env"
        File.write(file, "BEFORE=1\n")
        mode = with_parameters(<<~RUBY, environment: { "LAMBY_SSM_PARAMS_FILE" => file })
          AWS.versions = #{values.each_with_index.to_h { |value, index| ["/config/shop/V#{index}", [value]] }}
          Lamby::SsmParameterStore.dotenv("/config/shop")
          Lamby::SsmParameterStore.new("/config/shop", dotenv_file: "#{file}.new").get!.to_dotenv
          [File.stat("#{file}.new").mode.to_s(8)[-3..]]
        RUBY
        yield File.read(file), mode.first
      end
    end

    it "to which it appends, and which only its owner can read" do
      write(%w[a]) do |text, mode|
        expect(text).to eq("BEFORE=1\nV0=a\n")
        expect(mode).to eq("600")
      end
    end

    it "which dotenv reads back as it was" do
      begin
        require "dotenv"
      rescue LoadError
        skip "the gem dotenv is not there"
      end
      require "dotenv/version"
      some = Gem::Version.new(Dotenv::VERSION) < Gem::Version.new("2.7") ? values.grep_v(/\n/) : values
      write(some) { |text, _| expect(Dotenv::Parser.call(text)).to eq("BEFORE" => "1", **some.each_with_index.to_h { |value, index| ["V#{index}", value] }) }
    end
  end

  it "says which gem it needs where that is not there" do
    unless Gem::Specification.any? { |it| it.name == "aws-sdk-ssm" }
      expect { Lamby::SsmParameterStore }.to raise_error(LoadError, /needs the gem aws-sdk-ssm: add it to the Gemfile/)
    end
  end
end
