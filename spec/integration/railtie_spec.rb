# frozen_string_literal: true

return unless Requirements.gem?("rails")

# Checks what Lamby's railtie does for an application. Each example starts a process, because Rails boots only once in a
# process.
RSpec.describe "A Rails application that loads Lamby" do
  def run(code, environment = {})
    Dir.mktmpdir do |folder|
      FileUtils.mkdir_p(%W[#{folder}/log #{folder}/config #{folder}/public])
      script = <<~RUBY
        require "logger"
        require "rails"
        require "action_controller/railtie"
        require "lamby"
        class Shop < Rails::Application
          config.root = #{folder.inspect}
          config.eager_load = false
          config.secret_key_base = "x"
          config.hosts.clear
          #{code}
        end
        Shop.initialize!
        Shop.routes.draw { get "/", to: ->(_env) { Rails.logger.info("in the application"); [200, {}, []] } }
        Rails.logger.warn("said")
        event = #{http_event.inspect}
        Lamby.cmd(event: event, context: Struct.new(:aws_request_id).new("request-7"))
        File.write("#{folder}/public/robots.txt", "Disallow: /")
        puts "static: \#{Lamby.cmd(event: event.merge("rawPath" => "/robots.txt"), context: nil).values_at(:statusCode, :body)}"
        puts "file: \#{File.exist?("\#{Rails.root}/log/production.log") && File.read("\#{Rails.root}/log/production.log").include?("said")}"
        puts "settings: \#{Shop.config.lamby.equal?(Lamby.config)}"
      RUBY
      IO.popen([{ "RAILS_ENV" => "production", "RAILS_LOG_TO_STDOUT" => nil, **environment },
                RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "-e", script, { chdir: folder, err: %i[child out] }], &:read)
    end
  end

  describe "behind CloudFront, with only the website's domain in config.hosts," do
    own = "a2.lambda-url.us-east-1.on.aws"

    # Returns the statuses of requests with these Host and X-Forwarded-Host headers.
    def statuses(code, *requests)
      output = run("config.hosts << 'www.example.com'\n#{code}\nat_exit { puts JSON.generate(#{requests.inspect}.map { |event| Lamby.cmd(event: event, context: nil)[:statusCode] }) }")
      JSON.parse(output.lines.last)
    rescue JSON::ParserError
      raise output
    end

    define_method(:request) do |integration: :function_url, host: own, forwarded: nil, domain: nil|
      event = HTTPEvents.build(integration, path: "/", host: host, headers: { "X-Forwarded-Host" => forwarded }.compact)
      event["requestContext"]["domainName"] = domain if domain
      event
    end

    it "accepts requests that CloudFront forwards" do
      expect(statuses("", request(forwarded: "www.example.com"), request(forwarded: "other.example, www.example.com"),
                      request(integration: :http_api_v2, host: "id.execute-api.eu-west-1.amazonaws.com", forwarded: "www.example.com"))).to eq([200, 200, 200])
    end

    it "rejects other requests" do
      requests = [
        request, request(forwarded: "attacker.example"), request(forwarded: "www.example.com, attacker.example"),
        request(host: "attacker.example", forwarded: "www.example.com", domain: own), request(integration: :alb, forwarded: "www.example.com"),
        request(integration: :http_api_v2, forwarded: "www.example.com", domain: "id.execute-api.eu-west-1.amazonaws.com")
      ]
      expect(statuses("", *requests)).to eq([403] * 6)
    end

    it "keeps the exclude option of the application's own host_authorization" do
      exclude = "config.host_authorization = { exclude: ->(request) { request.path == '/up' } }"
      expect(statuses(exclude, request.merge("rawPath" => "/up"), request)).to eq([404, 403])
    end
  end

  lambda_environment = { "AWS_LAMBDA_FUNCTION_NAME" => "shop" }

  it "has Lamby's settings at config.lamby and, outside of Lambda, logs to its log file" do
    expect(run("")).to include("settings: true", "file: true").and(satisfy { |output| !output.include?("said") })
  end

  it "serves its static files if config.public_file_server.enabled is true" do
    expect(run("config.public_file_server.enabled = true", lambda_environment)).to include('static: [200, "Disallow: /"]')
    expect(run("config.public_file_server.enabled = false", lambda_environment)).to include("static: [404, ")
  end

  it "logs to standard output on Lambda, with Lambda's request id" do
    output = run("", lambda_environment)
    expect(output).to match(/^said$/).and include("[request-7] in the application", "file: false")
  end

  it "keeps its own formatter, level and tags on Lambda" do
    output = run(<<~RUBY, lambda_environment)
      config.log_formatter = ->(severity, _time, _name, message) { "\#{severity}: \#{message}\\n" }
      config.log_level = :warn
      config.log_tags = [->(_request) { "tag" }]
    RUBY
    expect(output).to match(/^WARN: said$/).and(satisfy { |text| !text.include?("in the application") })
    expect(run("config.log_tags = [->(_) { 'tag' }]", lambda_environment)).to include("[tag] in the application")
  end

  {
    "Ruby's logger" => 'Logger.new("/proc/no/production.log")', "ActiveSupport's logger" => 'ActiveSupport::Logger.new(Pathname("/proc/no/production.log"), 5, 1_000)',
    "a tagged logger" => 'ActiveSupport::TaggedLogging.new(ActiveSupport::Logger.new("/proc/no/production.log"))'
  }.each do |whose, logger|
    it "logs to standard output on Lambda instead of a file that cannot be written: #{whose}" do
      expect(run("config.logger = #{logger}", lambda_environment)).to match(/said$/)
      expect(run("config.logger = #{logger}")).to include("No such file or directory")
    end
  end

  it "keeps its own logger on Lambda" do
    output = run('config.logger = Logger.new(File.join(config.root, "log/production.log"))', lambda_environment)
    expect(output).to include("file: true").and(satisfy { |text| !text.include?("said") })
  end

  describe "behind a REST API, with stage_as_script_name," do
    own = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"

    # Returns what a page of a controller contains: a link, an asset, the location of a redirect, and SCRIPT_NAME.
    def page(host, code = "")
      output = run(<<~RUBY)
        #{code}
        Lamby.config.stage_as_script_name = true
        at_exit do
          Shop.routes.draw { get "/orders", to: "orders#index", as: :orders; get "/move", to: "orders#move"; get "/old", to: redirect("orders") }
          # The block is in class Shop.
          class ::OrdersController < ActionController::Base
            def index = render(json: [orders_path, orders_url, helpers.image_path("a.png"), request.script_name])
            def move = redirect_to(orders_path)
          end
          get = ->(path) { Lamby.cmd(event: #{HTTPEvents.build(:rest_api, path: "/", host: host).inspect}.merge("path" => path, "pathParameters" => { "proxy" => path[1..] }, "resource" => "/{proxy+}"), context: nil) }
          location = lambda do |payload|
            headers = Lamby::Simulator.answer(:rest_api, JSON.generate(payload)).headers
            headers.to_h.transform_keys(&:downcase).fetch("location") { payload.to_s }
          end
          locations = ["/move", "/old"].map { |path| location.call(get.call(path)) }
          puts JSON.generate(JSON.parse(get.call("/orders")[:body]) + locations)
        end
      RUBY
      JSON.parse(output.lines.last)
    rescue JSON::ParserError
      raise output
    end

    it "has the stage in links, redirects and assets at the API's own domain" do
      base = "https://#{own}/prod"
      expect(page(own)).to eq(["/prod/orders", "#{base}/orders", "#{base}/images/a.png", "/prod", "#{base}/orders", "#{base}/orders"])
      expect(page(own, 'config.action_controller.asset_host = "https://cdn.example.com"')[2]).to eq("https://cdn.example.com/images/a.png")
    end

    it "has no stage at a custom domain" do
      base = "https://shop.example.com"
      expect(page("shop.example.com")).to eq(["/orders", "#{base}/orders", "/images/a.png", "", "#{base}/orders", "#{base}/orders"])
    end
  end
end
