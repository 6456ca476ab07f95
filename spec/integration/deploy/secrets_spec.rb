# frozen_string_literal: true

RSpec.describe "bin/deploy", :slow, :linters do
  include_context "with bin/deploy"

  describe "with a secret in DATABASE_URL" do
    secret = "postgresql://shop:s3cret-\"$(id)\\\\&'`*\#@db/shop?a=1 b"

    before { install(database: "postgresql") }

    it "keeps the secret out of its output, which shows asterisks instead" do
      make_stack("shop-production")
      expect(deploy("--dry-run", DATABASE_URL: secret, SUBNET_IDS: "a,b")).to eq(0), @said
      expect(@said).to include("with the parameters: Environment=production SubnetIds=a,b DatabaseUrl=********")
      expect(@said).not_to include("s3cret")
      expect(asked).to be_empty
    end

    it "keeps the secret out of command lines: SAM reads it from a file that only its owner can read, and bin/deploy deletes the file afterwards" do
      make_stack("shop-production")
      expect(deploy(DATABASE_URL: secret, SUBNET_IDS: "a,b")).to eq(0), @said
      expect(parameters).to include("DatabaseUrl" => secret, "SubnetIds" => "a,b", "Environment" => "production")
      expect(asked.join + @said).not_to include("s3cret")
      expect(modes.values).to eq(%w[600 700])
      expect(modes.keys.select { |path| File.exist?(path) }).to be_empty
    end

    it "keeps the secret out of SAM's output" do
      make_stack("shop-production")
      tool("sam", sam(output: "cat $file; cat $file >&2; exit 9"))
      expect(deploy(DATABASE_URL: "s3cret-1*", SUBNET_IDS: "a,b")).to eq(9)
      expect(@said.scan('DatabaseUrl: "********"').size).to eq(2)
      expect(@said).not_to include("s3cret")
      expect(Dir.exist?(File.dirname(asked.last[%r{file://(.*)}, 1]))).to be(false)
    end

    # If the name contained a hash of the secret, everybody who can read the name could try to guess the secret, and check
    # each guess with the hash.
    it "keeps the secret out of the release's name" do
      make_stack("shop-production")
      names = Array.new(2) do
        deploy(DATABASE_URL: secret)
        parameters["Release"]
      end
      expect(names.uniq.size).to eq(2)
      function(release: names.last, DATABASE_URL: "another")
      deploy(DATABASE_URL: secret)
      expect(parameters["Release"]).not_to eq(names.last)
    end
  end

  it "passes the application's own SECRET_KEY_BASE to the stack" do
    install
    make_stack("shop-production")
    expect(deploy(SECRET_KEY_BASE: "0wn")).to eq(0), @said
    expect(parameters).to include("OwnSecretKeyBase" => "0wn")
    expect(@said).not_to include("0wn")
    expect(deploy("--dry-run", SECRET_KEY_BASE: "0wn")).to eq(0), @said
    expect(@said).to include("Environment=production OwnSecretKeyBase=********")
  end

  describe "with Rails' credentials" do
    before do
      FileUtils.mkdir_p("#{@folder}/shop/config/credentials")
      FileUtils.touch(%w[application.rb credentials.yml.enc].map { |name| "#{@folder}/shop/config/#{name}" })
      install
      make_stack("shop-production")
      make_stack("shop-staging")
    end

    def write(path, text)
      File.write("#{@folder}/shop/config/#{path}", text)
    end

    it "reads the key from config/master.key, unless RAILS_MASTER_KEY is set" do
      write("master.key", "m4ster\n")
      expect(deploy).to eq(0), @said
      expect(parameters).to include("RailsMasterKey" => "m4ster")
      expect(@said).to include("Using the key in config/master.key\n")
      expect(deploy(RAILS_MASTER_KEY: "an0ther")).to eq(0), @said
      expect(parameters).to include("RailsMasterKey" => "an0ther")
      expect(@said).not_to match(/m4ster|an0ther|Using the key/)
    end

    it "reads the key of the environment's own credentials" do
      write("master.key", "m4ster\n")
      write("credentials/staging.key", "st4ging\n")
      write("credentials/staging.yml.enc", "")
      expect(deploy("staging")).to eq(0), @said
      expect(parameters).to include("RailsMasterKey" => "st4ging")
      expect(deploy).to eq(0), @said
      expect(parameters).to include("RailsMasterKey" => "m4ster")
    end

    it "says at the first deployment that there is no key" do
      aws("cloudformation", "delete-stack", "--stack-name", "shop-production")
      expect(deploy("--dry-run")).to eq(0), @said
      expect(@said).to include("The function cannot read config/credentials.yml.enc, because RAILS_MASTER_KEY is not set, and config/master.key does not exist.\n")
      expect(deploy("--dry-run", "staging")).to eq(0), @said
      expect(@said).not_to include("RAILS_MASTER_KEY")
    end
  end
end
