# frozen_string_literal: true

return unless Requirements.gem?("rails", "sqlite3")

require "lamby/scaffold"

# Makes a new Rails application with the packaged gem, runs `rails generate lamby:install`, and
# follows the steps of the application's Dockerfile.
RSpec.describe "A new Rails application" do
  before(:all) do
    @app = NewRailsApplication.new("--skip-bootsnap", "--skip-sprockets", "--skip-asset-pipeline")
    @app.run("bundle", "lock", "--local")
    # Rails 7.1 and later write their own Dockerfile, for a server, so the generator writes Dockerfile.lambda.
    @dockerfile = File.exist?("#{@app.path}/Dockerfile") ? "Dockerfile.lambda" : "Dockerfile"
    @said = generate
  end

  after(:all) { @app.remove }

  def generate
    @app.run("bundle", "exec", "rails", "generate", "lamby:install", "--database", "postgresql", "--ci", "both")
  end

  after { |example| puts @emulator.log if example.exception && @emulator }

  # Runs `lamby new` with options that leave out gems, because Debian does not package these gems.
  def lamby_new(name, *options)
    @app.run("ruby", "-I", "#{RuntimeProcess::ROOT}/lib", "#{RuntimeProcess::ROOT}/exe/lamby", "new", name, *skips, *options, folder: @app.folder)
  end

  # Returns the options that this version of Rails has, because `lamby new` refuses the others.
  def skips
    known = @app.run("rails", "new", "--help", folder: @app.folder)
    %w[--minimal --skip-git --skip-sprockets --skip-asset-pipeline --skip-brakeman --skip-rubocop --skip-ci --skip-docker].select do |option|
      known.include?("[#{option}]")
    end
  end

  it "from lamby new has the gem and the files for deployment" do
    expect(lamby_new("store", "--integration=http_api", "--ci", "none")).to match(%r{create  template\.yaml.*bin/deploy\n}m)
    expect(File.read("#{@app.folder}/store/Gemfile")).to match(/^gem ['"]lamby['"]$/)
    expect(File.read("#{@app.folder}/store/Gemfile.lock")).to include("\n  aarch64-linux\n")
    expect(File.read("#{@app.folder}/store/template.yaml")).to include("Ref Api")
    expect(Dir["#{@app.folder}/store/{Dockerfile,bin/deploy,config/initializers/lamby.rb,.github/*}"].size).to eq(3)
    @app.run("bundle", "exec", "rails", "runner", "1", folder: "#{@app.folder}/store")
  end

  it "from lamby new --skip-bundle has the files of rails new, and lamby new prints the remaining commands" do
    said = lamby_new("stand", "--ci", "none", "--skip-bundle", "--integration=http_api")
    expect(File.exist?("#{@app.folder}/stand/config/application.rb")).to be(true)
    expect(said).to end_with("Next: cd stand && bundle install && bundle exec rails generate lamby:install --ci none --integration=http_api\n")
  end

  it "refuses an unknown option of the generator" do
    expect { @app.run("bundle", "exec", "rails", "generate", "lamby:install", "--colour", "red") }.to raise_error(/colour/)
  end

  it "gets all files from the generator, which prints the next steps" do
    expect(@said).to include("create  #{@dockerfile}", "create  config/initializers/lamby.rb", "create  config/environments/staging.rb", "\"bin/deploy --help\" describes its options")
    expect(File.read("#{@app.path}/bin/setup")).not_to include("Lambda")
    expect(File.read("#{@app.path}/config/database.yml")).to include('ENV["AWS_LAMBDA_MAX_CONCURRENCY"] || ENV.fetch("RAILS_MAX_THREADS", ', "\nstaging:\n  <<: *default\n").and(match(/^  (?:# )?database: \S+staging\.sqlite3$/))
    expect(File.read("#{@app.path}/#{@dockerfile}")).to include("RAILS_ENV=production", "libpq5", "RAILS_SERVE_STATIC_FILES=1")
  end

  it "is unchanged after the generator has run again, and boots in each environment" do
    files = Dir.glob("#{@app.path}/{*,.*,bin/*,config/**/*}").select { |path| File.file?(path) }
    before = files.to_h { |path| [path, File.read(path)] }
    expect(generate).not_to match(/create|force|keep|gsub/)
    expect(files.to_h { |path| [path, File.read(path)] }).to eq(before)
    %w[production staging].each do |name|
      expect(@app.run("bundle", "exec", "rails", "runner", "puts Rails.env, Rails.configuration.eager_load",
                      environment: { "RAILS_ENV" => name, "SECRET_KEY_BASE" => "x" * 64 })).to include(name, "true")
    end
  end

  it "reads its SQLite file on Lambda, but cannot write to it" do
    # In new applications, Rails 7.2 and later leave the path to the user.
    FileUtils.touch(file = "#{@app.path}/db/production.sqlite3")
    production = { "RAILS_ENV" => "production", "SECRET_KEY_BASE" => "x" * 64, "DATABASE_URL" => "sqlite3:#{file}" }
    runner = ->(code, **environment) { @app.run("bundle", "exec", "rails", "runner", code, environment: production.merge(environment.transform_keys(&:to_s))) }
    # Rails 7.1 and later use this journal, which needs a file beside the database.
    runner.call("ActiveRecord::Base.connection.tap { |it| it.execute('CREATE TABLE orders (id)'); it.execute('PRAGMA journal_mode=wal') }")
    template = "#{Lamby::Scaffold::Generator.source_root}/template.yaml.tt"
    url = File.read(template).match(%r{DATABASE_URL: !Sub (sqlite3:file:)/var/task/<%=.*%>(\S+)}).captures.join(file)
    code = "c = ActiveRecord::Base.connection; p c.select_value('SELECT count(*) FROM orders'); c.execute('INSERT INTO orders VALUES (1)') rescue puts $!"
    expect(runner.call(code, DATABASE_URL: url)).to match(/^0\n.*SQLite3::ReadOnlyException/m)
  ensure
    FileUtils.rm_f(Dir["#{file}*"]) if file
  end

  it "responds in AWS's emulator with its Dockerfile's environment, user, ENTRYPOINT and CMD" do
    skip "needs root, to run the application as another user" unless Process.uid.zero?

    dockerfile = File.read("#{@app.path}/#{@dockerfile}").lines.grep_v(/^\s*#/).join.gsub("\\\n", "")
    environment = dockerfile.scan(/^ENV (.*)$/).flatten.join(" ").scan(/(\w+)=(\S+)/).to_h
    # Uses this machine's gems.
    environment = environment.except("BUNDLE_PATH", "BUNDLE_DEPLOYMENT").merge(@app.environment, "SECRET_KEY_BASE" => "x" * 64, "HOME" => "/tmp", "DATABASE_URL" => "sqlite3::memory:")
    # Deletes what .dockerignore keeps out of the image.
    FileUtils.rm_rf(Dir["#{@app.path}/{config/master.key,log/*,tmp/*}"])
    user, group = dockerfile[/^USER (\S+)/, 1].split(":")
    command = JSON.parse(dockerfile[/^ENTRYPOINT (.*)$/, 1]) + JSON.parse(dockerfile[/^CMD (.*)$/, 1])
    @emulator = Emulator.new("setpriv", "--reuid=#{user}", "--regid=#{group}", "--clear-groups", *command, folder: @app.path, environment: environment)
    answer = JSON.parse(@emulator.invoke(JSON.generate(HTTPEvents.build(:function_url))).body)
    expect(answer).to include("statusCode" => 200, "body" => "production, as 1000")
    robots = JSON.parse(@emulator.invoke(JSON.generate(HTTPEvents.build(:function_url, path: "/robots.txt"))).body)
    expect(robots).to include("statusCode" => 200)
    expect(@emulator.log).to include("Started GET").and(satisfy { |log| !log.include?("Unable to access log file") })
  ensure
    @emulator&.stop
  end
end
