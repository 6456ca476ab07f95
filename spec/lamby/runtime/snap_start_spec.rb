# frozen_string_literal: true

# Lambda takes a snapshot of the initialized process for SnapStart.
RSpec.describe "SnapStart" do
  include_context "with a Runtime API"

  app = <<~'RUBY'
    require "lamby"
    Lamby.config.before_snapshot { $stderr.puts "before 1" }
    Lamby.config.before_snapshot { $stderr.puts "before 2" }
    Lamby.config.after_restore { $stderr.puts "after 1" }
    Lamby.config.after_restore { $stderr.puts "after 2" }
    srand(42)
    Lamby.config.rack_app = ->(env) { [200, { "content-type" => "text/plain" }, [rand(2**60).to_s]] }
  RUBY

  def start(code, type = "snap-start")
    @process = RuntimeProcess.new(@api, code, environment: { "AWS_LAMBDA_INITIALIZATION_TYPE" => type })
  end

  def hooks = @process.log.scan(/^(?:before|after) \d/)

  it "runs before_snapshot hooks in reverse order and after_restore hooks in order, then polls over a new connection" do
    start(app)
    wait_until { @api.exchanges.any? }
    expect(@api.exchanges.map(&:path)).to eq(["/restore/next"])
    expect(hooks).to eq(["before 2", "before 1"])
    @api.restore
    expect(@api.invoke(JSON.generate(http_event)).wait).to have_attributes(kind: :response)
    expect(hooks).to eq(["before 2", "before 1", "after 1", "after 2"])
    expect(@api.connections).to eq(2)
  end

  it "reseeds the random number generator, so that restored processes draw different numbers" do
    drawn = Array.new(2) do
      start(app)
      @api.restore
      body = JSON.parse(@api.invoke(JSON.generate(http_event)).wait.body)["body"]
      @process.stop
      body
    end
    expect(drawn.uniq.size).to eq(2)
    expect(drawn).not_to include(Random.new(42).rand(2**60).to_s)
  end

  it "runs no hooks and does not call /restore/next unless Lambda takes a snapshot" do
    start(app, "on-demand")
    expect(@api.invoke(JSON.generate(http_event)).wait).to have_attributes(kind: :response)
    expect(@api.exchanges.first.path).to eq("/invocation/next")
    expect(hooks).to be_empty
  end

  it "reports an initialization error if a before_snapshot hook raises" do
    start("#{app}Lamby.config.before_snapshot { raise ArgumentError, 'oops' }")
    error = JSON.parse(initialization_error.body)
    expect(error).to include("errorType" => "Runtime.BeforeSnapshotError", "errorMessage" => "ArgumentError: oops")
    expect(@process.wait.exitstatus).to eq(1)
    expect(@api.exchanges.map(&:path)).to eq(["/init/error"])
  end

  it "reports a restore error if an after_restore hook raises" do
    start("#{app}Lamby.config.after_restore { raise ArgumentError, 'oops' }")
    @api.restore
    answer = initialization_error
    expect(answer.headers).to include("lambda-runtime-function-error-type" => "Runtime.AfterRestoreError")
    expect(JSON.parse(answer.body)).to include("errorType" => "Runtime.AfterRestoreError", "errorMessage" => "ArgumentError: oops")
    expect(@process.wait.exitstatus).to eq(1)
    expect(@api.exchanges.map(&:path)).to eq(["/restore/next", "/restore/error"])
  end

  it "ends the process if the Runtime API refuses /restore/next" do
    @api.fault("/restore/next") { |exchange| exchange.reply(403, {}, "no snapshot") }
    start(app)
    expect(@process.wait.exitstatus).to eq(1)
    until_log("restore/next: the Runtime API answered 403: no snapshot")
  end

  it "runs its hooks only once, even with several worker processes" do
    @process = RuntimeProcess.new(@api, "#{app}Lamby.config.workers = 2", environment: {
                                    "AWS_LAMBDA_INITIALIZATION_TYPE" => "snap-start", "AWS_LAMBDA_MAX_CONCURRENCY" => "2"
                                  })
    @api.restore
    wait_until { @api.exchanges.count { |it| it.path == "/invocation/next" } == 2 }
    expect(hooks).to eq(["before 2", "before 1", "after 1", "after 2"])
  end

  sqlite = Requirements.gem?("sqlite3", "rails")
  it "closes ActiveRecord's connections before the snapshot", skip: ("there is no sqlite3" unless sqlite) do
    start(<<~RUBY)
      require "lamby"
      require "active_record"
      ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: "app.sqlite3")
      ActiveRecord::Base.connection.execute("SELECT 1")
      $stderr.puts "before: \#{ActiveRecord::Base.connected?}"
      Lamby.config.after_restore { $stderr.puts "restored: \#{ActiveRecord::Base.connected?}" }
      Lamby.config.rack_app = lambda do |_env|
        [200, { "content-type" => "text/plain" }, [ActiveRecord::Base.connection.select_value("SELECT 7").to_s]]
      end
    RUBY
    @api.restore
    expect(JSON.parse(@api.invoke(JSON.generate(http_event)).wait.body)["body"]).to eq("7")
    until_log("before: true", "restored: false")
  end

  redis = %w[redis-server redis-cli].all? { |name| Requirements.program?(name) } && Requirements.gem?("redis")
  connection_pool = Requirements.gem?("connection_pool")
  version = ->(name) { Gem::Specification.find { |it| it.name == name }&.version || Gem::Version.new("0") }
  pools = version.call("activesupport") >= Gem::Version.new("7.1") ? [", pool: false", ", pool: { size: 2 }"] : ["", ", pool_size: 2"]
  # Rails before 8.0 cannot create a pool with the gem connection_pool 3 or later.
  other_pool = version.call("connection_pool") >= Gem::Version.new("3") && version.call("activesupport") < Gem::Version.new("8")
  { "a client" => pools.first, "a pool of clients" => pools.last }.each do |what, options|
    reason = "there is no Redis" unless redis
    reason ||= "there is no connection_pool" if what != "a client" && !connection_pool
    reason ||= "this version of Rails does not support this version of connection_pool" if what != "a client" && other_pool
    it "closes the connections of Rails' cache in Redis before the snapshot: #{what}", skip: reason do
      Dir.mktmpdir do |folder|
        server = Process.spawn("redis-server", "--port", "0", "--unixsocket", "#{folder}/redis", "--save", "", out: File::NULL, err: File::NULL)
        wait_until { File.exist?("#{folder}/redis") }
        start(<<~RUBY)
          require "logger"
          require "lamby"
          require "active_support"
          require "active_support/cache"
          #{"require \"connection_pool\"" unless options.empty?}
          Rails = Module.new { class << self; attr_accessor :cache, :application; end }
          Rails.cache = ActiveSupport::Cache::RedisCacheStore.new(url: "unix://#{folder}/redis"#{options})
          raise "not written" unless Rails.cache.write("a", "1")
          clients = -> { `redis-cli -s #{folder}/redis client list`.lines.size - 1 }
          $stderr.puts "before: \#{clients.call}"
          Lamby.config.after_restore { $stderr.puts "restored: \#{clients.call}" }
          Lamby.config.rack_app = ->(_env) { [200, { "content-type" => "text/plain" }, [Rails.cache.read("a")]] }
        RUBY
        @api.restore
        expect(JSON.parse(@api.invoke(JSON.generate(http_event)).wait.body)["body"]).to eq("1")
        until_log("before: 1", "restored: 0")
      ensure
        Process.kill("TERM", server)
        Process.wait(server)
      end
    end
  end
end
