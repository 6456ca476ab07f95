# frozen_string_literal: true

return unless Requirements.gem?("rails")

# Runs tests of Rails' own kind. They pass only if the test finds, for example, the controller and the session of each
# request.
RSpec.describe "Lamby::Loopback with a Rails application" do
  before(:all) do
    folder = File.expand_path("../../../examples/rails", __dir__)
    Dir.chdir(folder) { require File.join(folder, "config/environment") }
    require "action_dispatch/testing/integration"
    Minitest.seed ||= 0 if Minitest.respond_to?(:seed) # Minitest sets it when it runs a whole suite.
  end

  # Runs tests of Minitest, and returns what failed.
  def failures(&tests)
    result = Class.new(ActionDispatch::IntegrationTest, &tests)
    methods = result.runnable_methods
    expect(methods).not_to be_empty
    methods.flat_map { |name| result.new(name).run.failures.map { |failure| "#{name}: #{failure.message}" } }
  end

  # Rails logs the exceptions that the tests raise on purpose.
  around { |example| Rails.logger.silence(Logger::UNKNOWN) { example.run } }
  after { ActionDispatch::IntegrationTest.app = nil }

  # The tests must pass without an integration, too.
  [nil, *Lamby::Simulator.integrations].each do |integration|
    it "passes the application's integration tests#{integration ? ": #{integration}" : " without Lamby"}" do
      ActionDispatch::IntegrationTest.app = Lamby::Loopback.new(Rails.application, integration: integration) if integration
      failed = failures do
        def test_page_and_url_helpers
          get root_path
          assert_response :success
          assert_equal "text/html; charset=utf-8", response.headers["Content-Type"].downcase
          assert_select "h1", /Hello from Rails/
          assert_instance_of HomeController, controller
        end

        def test_parameters
          post "/echo/a%20b", params: { user: { name: "Jörg & Co", roles: %w[a b] } }, headers: { "X-Own" => "1" }
          assert_equal({ "user" => { "name" => "Jörg & Co", "roles" => %w[a b] } }, response.parsed_body["body"])
          assert_equal "1", request.headers["X-Own"]
          patch "/echo", params: { a: 1 }, as: :json
          assert_equal({ "a" => 1 }, response.parsed_body["body"])
          get "/echo", params: { q: "ü" }, xhr: true
          assert_equal "ü", response.parsed_body["query"]["q"]
        end

        def test_session_and_cookies
          2.times { get "/session" }
          assert_equal "2", response.body
          assert_equal 2, session[:count]
          get "/cookies"
          assert_equal "one; two", cookies[:plain]
          get "/cookies/read"
          assert_equal({ "plain" => "one; two", "signed" => "three" }, response.parsed_body)
        end

        def test_redirect_and_https
          get "/redirect"
          assert_redirected_to "http://www.example.com/session?from=redirect"
          follow_redirect!
          assert_equal "redirect", request.params["from"]
          https!
          get "/request"
          assert_equal [true, "www.example.com", "127.0.0.1"], response.parsed_body.values_at("ssl", "host", "remote_ip")
        end

        def test_upload_and_download
          file = Rack::Test::UploadedFile.new(StringIO.new(bytes = (0..255).to_a.pack("C*")), "image/png", true, original_filename: "a.png")
          post "/upload", params: { file: file, note: "Grüße" }
          assert_equal ["a.png", bytes.bytesize, Digest::SHA256.hexdigest(bytes), "Grüße"], response.parsed_body.values_at("name", "size", "sha256", "note")
          get "/download/data"
          assert_equal bytes * 16, response.body.b
          get "/json"
          assert_includes response.parsed_body["greeting"], "世界"
          get "/empty"
          assert_response :no_content
        end

        def test_error
          get "/raise", env: { "action_dispatch.show_exceptions" => true }
          assert_response :internal_server_error
          get "/nowhere"
          assert_response :not_found
        end
      end
      expect(failed).to eq([])
    end
  end
end
