# frozen_string_literal: true

require "lamby/scaffold"

RSpec.describe Lamby::Scaffold::Settings do
  include_context "with generated projects"

  describe "for an application's folder" do
    def chosen(files, options = {}, name: "My Shop_2")
      Dir.mkdir(name)
      files.each { |path, text| FileUtils.mkdir_p(File.dirname("#{name}/#{path}")) && File.write("#{name}/#{path}", text) }
      Lamby::Scaffold::Settings.new(options, File.expand_path(name))
    end

    it "derives a name that AWS allows" do
      expect(chosen({}).name).to eq("my-shop-2")
      expect(chosen({}, { "name" => "42 Über-Läden!" }, name: "x").name).to eq("ber-l-den")
      expect(chosen({}, name: "7").name).to eq("app")
    end

    { 'gem "pg"' => "postgresql", "gem 'mysql2', '~> 0.5'" => "mysql", 'gem "trilogy"' => "mysql", 'gem "sqlite3"' => "sqlite", "gem 'sqlite3'\ngem 'pg'" => "postgresql", "" => "none" }.each do |gemfile, database|
      it "sets the database to #{database} for the Gemfile #{gemfile.inspect}" do
        expect(chosen({ "Gemfile" => gemfile }).database).to eq(database)
      end
    end

    it "derives the database from Gemfile.lock, unless an option names a different database" do
      lock = { "Gemfile.lock" => "GEM\n  specs:\n    pg (1.5.9)\n    bootsnap (1.18.4)\n" }
      expect(chosen(lock, {}).then { |it| [it.database, it.gem?("bootsnap")] }).to eq(["postgresql", true])
      expect(chosen(lock, { database: "none" }, name: "x").database).to eq("none")
    end

    it "reads the version of Ruby" do
      expect(chosen({ ".ruby-version" => "ruby-3.3.6\n" }).ruby_version).to eq("3.3.6")
      expect(chosen({ "Gemfile" => "ruby \"~> 3.2.0\"\n" }, name: "x").ruby_version).to eq("3.2.0")
      expect(chosen({ ".tool-versions" => "nodejs 20.1.0\nruby 3.4.2\n" }, name: "y").ruby_version).to eq("3.4.2")
      expect(chosen({ "Gemfile.lock" => "RUBY VERSION\n   ruby 3.3.5p100\n" }, name: "z").ruby_version).to eq("3.3.5")
      expect(chosen({}, name: "none").ruby_version).to eq("3.4")
    end

    it "names the variable for the heap's size before Ruby 3.3, and none for later versions, which have several variables" do
      variables = %w[3.1.2 3.2.9 3.3.0 3.4.1].map { |ruby| chosen({ ".ruby-version" => ruby }, name: ruby).heap_slots }
      expect(variables).to eq(["RUBY_GC_HEAP_INIT_SLOTS", "RUBY_GC_HEAP_INIT_SLOTS", nil, nil])
    end

    it "returns whether Gemfile.lock has the image's platform" do
      lock = ->(*platforms) { { "Gemfile.lock" => "GEM\n  specs:\n\nPLATFORMS\n#{platforms.map { |it| "  #{it}\n" }.join}\nDEPENDENCIES\n" } }
      locks = { %w[arm64-darwin-23] => false, %w[arm64-darwin-23 aarch64-linux] => true, %w[aarch64-linux-gnu] => true, %w[aarch64-linux-musl] => false,
                %w[ruby] => true, %w[x86_64-linux] => false }
      expect(locks.keys.each_with_index.to_h { |platforms, index| [platforms, chosen(lock.call(*platforms), name: index.to_s).locked?] }).to eq(locks)
      expect(chosen(lock.call("x86_64-linux"), { architecture: "x86_64" }, name: "x").locked?).to be(true)
    end

    it "lists the files that Bundler needs before it installs the gems" do
      expect(chosen({ "Gemfile" => "gem \"rails\"\n" }).bundle_files).to eq("Gemfile Gemfile.lock")
      expect(chosen({ "Gemfile" => "ruby file: \".ruby-version\"\n" }, name: "a").bundle_files).to eq("Gemfile Gemfile.lock .ruby-version")
      ["gemspec\n", "gem \"shop\", path: \"engines/shop\"\n", "path \"engines\" do\nend\n"].each_with_index do |gemfile, index|
        expect(chosen({ "Gemfile" => gemfile }, name: "b#{index}").bundle_files).to eq(".")
      end
    end

    it "chooses the command that runs the tests" do
      rails = { "config/application.rb" => "" }
      rspec = { "spec/spec_helper.rb" => "", "Gemfile.lock" => "GEM\n  specs:\n    rspec-core (3.12.0)\n" }
      expect(chosen(rails).test_command).to eq("bin/rails test")
      expect(chosen(rails.merge(rspec), name: "a").test_command).to eq("bundle exec rspec")
      expect(chosen({ "Rakefile" => "" }, name: "b").test_command).to eq("bundle exec rake")
      expect(chosen(rspec, name: "c").test_command).to eq("bundle exec rspec")
      expect(chosen({}, name: "d").test_command).to eq("bundle exec lamby invoke --path /")
    end

    it "precompiles assets only if the application loads an asset pipeline" do
      lock = { "Gemfile.lock" => "GEM\n  specs:\n    rails (6.1.7)\n    sprockets-rails (3.4.1)\n" }
      application = ->(line) { lock.merge("config/application.rb" => "require \"rails\"\n#{line}\n") }
      expect(chosen(application.call('require "rails/all"')).assets?).to be(true)
      expect(chosen(application.call('require "sprockets/railtie"'), name: "a").assets?).to be(true)
      # The application of `rails new --api`.
      api = application.call('# require "sprockets/railtie"')
      expect(chosen(api, name: "b").assets?).to be(false)
      expect(chosen(api.merge("Gemfile" => 'gem "propshaft"'), name: "c").assets?).to be(true)
      expect(chosen(lock.merge("Gemfile" => 'gem "propshaft"'), name: "d").assets?).to be(false)
    end

    it "chooses the command that installs Node's packages, if the assets need them" do
      assets = { "config/application.rb" => "", "Gemfile" => 'gem "propshaft"', "package.json" => "{}" }
      expect(chosen(assets.merge("yarn.lock" => "")).node_install).to eq("yarn install --frozen-lockfile")
      expect(chosen(assets.merge("package-lock.json" => "", ".nvmrc" => "v20.1\n"), name: "a").then { |it| [it.node_install, it.node_version] }).to eq(["npm ci", "20"])
      expect(chosen(assets, name: "b").then { |it| [it.node_install, it.node_version] }).to eq(["npm install", "22"])
      expect(chosen(assets.except("Gemfile"), name: "c").node_install).to be_nil
      expect(chosen(assets.except("package.json"), name: "d").node_install).to be_nil
    end
  end
end
