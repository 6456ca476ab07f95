# frozen_string_literal: true

# Builds the Dockerfile that `rails generate lamby:install` writes for a new Rails application with these gems.
RSpec.shared_context "with the image of a new application" do |new_options, generator_options, gems|
  before(:all) do
    Image.check
    @app = NewRailsApplication.new(*new_options, gems: gems)
    @app.run("bundle", "lock", "--local")
    architecture = RbConfig::CONFIG["host_cpu"].match?(/aarch64|arm64/) ? "arm64" : "x86_64"
    @app.run("bundle", "exec", "rails", "generate", "lamby:install", "--architecture", architecture, *generator_options)
    dockerfile = File.exist?("#{@app.path}/Dockerfile.lambda") ? "Dockerfile.lambda" : "Dockerfile"
    @server = GemServer.new("rails", "sqlite3", "puma", *gems, files: [@app.gem])
    @image = Image.new(@app.path, dockerfile: dockerfile, bundler_config: @server.bundler_config)
  end

  after(:all) do
    @server&.stop
    @image&.remove
    @app&.remove
  end
end

# Runs the image in AWS's emulator.
RSpec.describe "The image of a new Rails application", :slow, :images do
  include_context "with the image of a new application", [], %w[--streaming], %w[bootsnap sprockets-rails]

  def emulator(**environment)
    program = "/aws-lambda-rie"
    environment = { "SECRET_KEY_BASE" => "x" * 64, "DATABASE_URL" => "sqlite3::memory:", "AWS_LAMBDA_FUNCTION_NAME" => "shop", **environment.transform_keys(&:to_s) }
    emulator = Emulator.new(*@image.command, folder: @app.folder, program: program,
                                             prefix: @image.running(mounts: { program => Emulator.program }, environment: environment))
    yield emulator
  ensure
    emulator&.stop
  end

  it "responds with a page and its assets, as an unprivileged user" do
    asset = @image.run("sh", "-c", "ls public/assets/*.css").lines(chomp: true).first
    emulator(LAMBY_INVOKE_MODE: "buffered") do |emulator|
      get = ->(path) { JSON.parse(emulator.invoke(JSON.generate(HTTPEvents.build(:function_url, path: path))).body) }
      expect(get.call("/")).to include("statusCode" => 200, "body" => "production, as 1000")
      expect(get.call(asset.delete_prefix("public"))).to include("statusCode" => 200, "body" => include("*= require_tree").or(include("compiled into application.css")))
      expect(emulator.log).to include("Started GET").and(satisfy { |log| !log.match?(/Read-only|Permission denied|warning:/) })
    end
  end

  it "streams its responses, as the template's Function URL expects" do
    emulator do |emulator|
      answer = emulator.invoke(JSON.generate(HTTPEvents.build(:function_url))).body
      prelude, body = answer.split("\0" * 8, 2)
      expect([JSON.parse(prelude)["statusCode"], body]).to eq([200, "production, as 1000"])
    end
  end

  it "has its gems, and bootsnap's cache for the gems and the application" do
    expect(@image.run("bundle", "list")).to include("lamby (#{Lamby::VERSION})", "bootsnap")
    expect(@image.run("ls", "tmp/cache/bootsnap").split).to include("load-path-cache").and(include(/\Acompile-cache/))
    # bootsnap must find every file in its cache, because Lambda's file system is read-only.
    missed = "require \"bootsnap\"; Bootsnap.instrumentation = ->(event, path) { puts path if event == :miss }; require \"./config/environment\""
    expect(@image.run("env", "SECRET_KEY_BASE=1", "DATABASE_URL=sqlite3::memory:", "bundle", "exec", "ruby", "-e", missed)).to eq("")
  end

  it "has no build tools, no secrets and no writable files" do
    expect(@image.run("sh", "-c", "command -v gcc git node || true")).to eq("")
    expect(@image.run("sh", "-c", "find . -name master.key -o -name .git -o -name '*.sqlite3' -o -name Dockerfile* -o -name '*.gem' -path '*/cache/*'")).to eq("")
    expect(@image.run("find", ".", "-writable", "-not", "-type", "l")).to eq("")
  end
end

# `rails new --api` has no asset pipeline, but the lock file of Rails 6.1 contains sprockets-rails.
RSpec.describe "The image of a new Rails API", :slow, :images do
  include_context "with the image of a new application", %w[--api], [], %w[bootsnap]

  it "has bootsnap's caches of the load paths and of the files" do
    expect(@image.run("ls", "tmp/cache/bootsnap").split).to include("load-path-cache").and(include(/\Acompile-cache/))
  end
end
