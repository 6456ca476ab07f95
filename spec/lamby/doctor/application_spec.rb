# frozen_string_literal: true

RSpec.describe "lamby doctor, about the application" do
  include_context "with lamby doctor"

  # The only result of the check "boot".
  def boot
    found = results("boot")
    expect([found.size, found.dig(0, 0), found.dig(0, 2)]).to match([1, "error", start_with("correct the cause; \"RACK_ENV=production lamby invoke --full\"")])
    found.dig(0, 1).delete_prefix("config/environment.Lamby.cmd does not start in the environment production: ")
  end

  it "says why it does not start" do
    generate("require \"lamby\"\nraise \"no API_KEY\"\n")
    expect(boot).to match(%r{\ARuntimeError: no API_KEY \(config/environment\.rb:2})
    expect(@all.find { |it| it["check"] == "integration" }.values_at("status", "message")).to eq(["skipped", "the application does not start"])
    expect(@status).to eq(1)
    {
      "abort \"no key\"" => %r{\Athe application called exit with status 1 \(config/environment\.rb:1.*\)\nno key\z},
      "exit 3" => %r{\Athe application called exit with status 3 \(config/environment\.rb:1},
      "exit!(7)" => /\Aits process ended with status 7\z/,
      "$stderr.puts \"no memory\"; Process.kill(:KILL, Process.pid); sleep" => /\Aits process ended with a signal\nno memory\z/,
      "def" => /\ASyntaxError: .*environment\.rb:1/,
      "" => /\ALamby::Error: there is no application: set Lamby.config.rack_app/
    }.each do |code, message|
      write("config/environment.rb", code)
      expect(boot).to match(message)
    end
    File.delete("#{@folder}/shop/config/environment.rb")
    expect(results("boot")).to match(
      [["error", %r{\Athe handler config/environment\.Lamby\.cmd needs config/environment\.rb, which is not in [^()]*/shop\z},
        "run \"lamby doctor\" in the application's folder, or correct CMD in Dockerfile"]]
    )
  end

  it "loads it in the environment that is deployed, whatever it prints" do
    generate("require \"lamby\"\nputs \"hello\"\n$stderr.puts \"hello\"\nraise ENV[\"RACK_ENV\"] unless ENV[\"RACK_ENV\"] == \"staging\"\nLamby.config.rack_app = 1")
    expect(results("boot")[0][1]).to include("RuntimeError: production")
    expect(results("boot", "--environment", "staging")).to match([["ok", %r{\Aconfig/environment\.Lamby\.cmd starts in .* \(Rack, staging\)\z}, nil]])
  end

  it "finds a template and an application of which only one streams" do
    rack(streaming: true)
    expect(results("integration")).to eq([["ok", "Function URL, streamed responses", nil]])
    write("Dockerfile", File.read("#{@folder}/shop/Dockerfile").sub(/^.*LAMBY_INVOKE_MODE.*\n/, ""))
    expect(results("integration")).to eq([["error", "the Function URL streams responses, and the application sends them in one piece", "set LAMBY_INVOKE_MODE=response_stream in Dockerfile"]])
    rack(streaming: false)
    write("config/environment.rb", "require \"lamby\"\nLamby.config.rack_app = 1\nLamby.config.invoke_mode = :response_stream\n")
    expect(results("integration")).to match([["error", start_with("the application streams responses, and the Function URL does not"), anything]])
  end

  it "finds a REST API whose stage is missing in the application's links" do
    generate("require \"lamby\"\nLamby.config.rack_app = 1\n", integration: "rest_api")
    expect(results("integration")).to match([["warning", start_with("each URL of the REST API's own domain begins with the stage"), start_with("set config.stage_as_script_name to true")]])
    write("config/environment.rb", "require \"lamby\"\nLamby.config.rack_app = 1\nLamby.config.stage_as_script_name = true\n")
    expect(results("integration")).to eq([["ok", "REST API, buffered responses", nil]])
  end

  describe "with Rails", skip: ("without Rails" unless Requirements.gem?("rails", "sqlite3")) do
    def rails(settings = "", **options)
      write("config/application.rb", <<~RUBY)
        require "rails"
        require "active_record/railtie"
        require "action_controller/railtie"
        require "lamby"
        class Shop < Rails::Application
          config.root = __dir__ + "/.."
          config.eager_load = false
          config.logger = Logger.new(nil)
          #{settings}
        end
      RUBY
      generate("require_relative \"application\"\nShop.initialize!\n", **options)
    end

    def database(text)
      write("config/database.yml", "production:\n#{text.gsub(/^/, "  ")}")
    end

    before { database("adapter: sqlite3\ndatabase: storage/production.sqlite3\n") }

    it "finds a database that Lambda cannot write to" do
      rails(database: "none")
      expect(results("database")).to match([["error", "production uses SQLite (storage/production.sqlite3), and Lambda's file system is read-only: the application cannot write",
                                             include("lamby install --database postgresql")]])
      rails(database: "sqlite")
      expect(results("database")).to match([["error", "storage/production.sqlite3 is missing, which bin/deploy puts into the image", "run \"RAILS_ENV=production bin/rails db:prepare\""]])
      write("storage/production.sqlite3", "")
      expect(results("database")).to match([["warning", "storage/production.sqlite3 is a part of the image: the application reads it, and each write fails", include("to write, run")]])
    end

    it "finds a database server on the function's own machine" do
      # In place of Rails' own adapter, which needs the gem pg.
      write("lib/active_record/connection_adapters/postgresql_adapter.rb", <<~RUBY)
        module ActiveRecord
          module ConnectionAdapters
            class PostgreSQLAdapter < AbstractAdapter; end
          end
          Base.define_singleton_method(:postgresql_connection) { |_config| raise "no connection" }
        end
      RUBY
      lib = "$LOAD_PATH.unshift(File.expand_path(\"../lib\", __dir__))"
      database("adapter: postgresql\n")
      rails(lib, database: "none")
      expect(results("database")).to match([["error", "postgresql on this machine: on Lambda, this is the function itself, where no database runs", include("lamby install --database postgresql")]])
      database("adapter: postgresql\nhost: db.example\n")
      expect(results("database")).to eq([["ok", "postgresql on db.example", nil]])
      rails(lib, database: "postgresql")
      expect(results("database")).to eq([["ok", "postgresql; the stack sets DATABASE_URL", nil]])
    end

    it "finds hosts that Rails would block" do
      rails
      expect(results("hosts")).to eq([["ok", "config.hosts is empty, so Rails accepts every host", nil]])
      rails("config.hosts << \"shop.example.com\"")
      expect(results("hosts")).to eq([["error", "config.hosts does not accept shop.lambda-url.example, the host of the URL: it accepts \"shop.example.com\"",
                                       "add the host to config.hosts in config/environments/production.rb"]])
      rails("config.hosts << /.*\\.lambda-url\\.example/")
      expect(results("hosts")).to eq([["ok", "config.hosts accepts shop.lambda-url.example", nil]])
      tool("aws", aws("cloudformation describe-stacks": fails("Stack does not exist")))
      expect(results("hosts")).to match([["warning", start_with("config.hosts accepts only "), start_with("after the first deployment, add the host")]])
    end

    it "says from where SECRET_KEY_BASE comes" do
      rails
      expect(results("secrets")).to eq([["ok", "SECRET_KEY_BASE comes from Secrets Manager", nil]])
      expect(results("secrets", SECRET_KEY_BASE: "key")).to eq([["ok", "SECRET_KEY_BASE comes from your variable SECRET_KEY_BASE", nil]])
      write("template.yaml", File.read("#{@folder}/shop/template.yaml").gsub("SecretKeyBase", "Other"))
      expect(results("secrets")).to match([["error", start_with("the function gets no SECRET_KEY_BASE"), include("bin/rails secret")]])
    end

    it "finds credentials without a key, or with a wrong one" do
      rails
      require "active_support/encrypted_configuration"
      key = ActiveSupport::EncryptedConfiguration.generate_key
      ActiveSupport::EncryptedConfiguration.new(config_path: "#{@folder}/shop/config/credentials.yml.enc", key_path: "#{@folder}/none", env_key: "SHOP_KEY", raise_if_missing_key: true)
                                           .then { |file| ENV["SHOP_KEY"] = key and file.write("secret_key_base: abc\n") }
      expect(results("secrets")).to match([["warning", start_with("there is no key for Rails' credentials"), start_with("set RAILS_MASTER_KEY")], ["ok", "SECRET_KEY_BASE comes from Secrets Manager", nil]])
      # From version 7.1 on, Rails decrypts its credentials while it starts.
      require "active_support/version"
      check = ActiveSupport.version < Gem::Version.new("7.1") ? "secrets" : "boot"
      expect(results(check, RAILS_MASTER_KEY: ActiveSupport::EncryptedConfiguration.generate_key))
        .to match([["error", match(/the key of Rails' credentials does not fit|InvalidMessage/), start_with("correct RAILS_MASTER_KEY")]])
      write("config/master.key", key)
      expect(results("secrets")).to eq([["ok", "SECRET_KEY_BASE comes from Rails' credentials", nil]])
    ensure
      ENV.delete("SHOP_KEY")
    end
  end
end
