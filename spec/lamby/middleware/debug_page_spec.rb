# frozen_string_literal: true

RSpec.describe Lamby::Middleware::DebugPage do
  asked = nil
  app = lambda do |env|
    asked = env
    [201, { "content-type" => "text/plain", "x-shop" => "<b>", "set-cookie" => "sid=s3cret" }, ["the application"]]
  end

  before { Lamby.config.rack_app = Rack::Lint.new(app) }

  def answer(query, **event)
    payload = Lamby.cmd(event: JSON.generate(http_event(rawQueryString: query, **event)), context: lambda_context)
    JSON.parse(payload)
  end

  it "is shown only if config.debug is on and the query has debug=1" do
    Lamby.config.debug = false
    expect(answer("debug=1")).to include("statusCode" => 201, "body" => "the application")
    Lamby.config.debug = true
    ["", "debug=2", "xdebug=1", "debug=10"].each { |query| expect(answer(query)).to include("statusCode" => 201) }
    expect(answer("a=1&debug=1")).to include("statusCode" => 200, "body" => include("What Lambda sent"))
  end

  { "LAMBY_DEBUG=1" => "ENV['LAMBY_DEBUG'] = '1'", "Rails' development environment" => <<~RUBY }.each do |what, code|
    Rails = Module.new { def self.env = Struct.new(:name) { def development? = true }.new("development") }
  RUBY
    it "is allowed by #{what}" do
      expect(in_a_process("#{code}\nputs JSON.generate(Lamby.config.debug)")).to be(true)
    end
  end

  rails = "Rails = Module.new { def self.env = Struct.new(:name) { def development? = true }.new('development') };"
  {
    "LAMBY_DEBUG=yes" => ["ENV['LAMBY_DEBUG'] = 'yes'", true], "LAMBY_DEBUG=0 in Rails' development" => ["ENV['LAMBY_DEBUG'] = '0'; #{rails}", false],
    "RACK_ENV=development" => ["ENV['RACK_ENV'] = 'development'", true],
    "RACK_ENV=development with RAILS_ENV=production" => ["ENV['RAILS_ENV'] = 'production'; ENV['RACK_ENV'] = 'development'", false],
    "Rails' development environment on Lambda" => ["ENV['AWS_LAMBDA_FUNCTION_NAME'] = 'f'; #{rails}", false],
    "RAILS_ENV=development on Lambda" => ["ENV['AWS_LAMBDA_FUNCTION_NAME'] = 'f'; ENV['RAILS_ENV'] = 'development'; #{rails}", true]
  }.each do |what, (code, allowed)|
    it "is #{"not " unless allowed}allowed by #{what}" do
      expect(in_a_process("ENV.delete('RAILS_ENV'); ENV.delete('RACK_ENV'); #{code}\nputs JSON.generate(Lamby.config.debug)")).to be(allowed)
    end
  end

  it "is not allowed by default" do
    expect(in_a_process("puts JSON.generate(Lamby.config.debug)")).to be(false)
  end

  it "shows event, context, env, and the response" do
    Lamby.config.debug = true
    page = answer("debug=1", path: "/orders", headers: { "accept" => "*/*" })["body"]
    [
      "<h2>Response</h2>", "<th>status</th><td><pre>201</pre>", "<h2>Event</h2>", "<th>requestContext.http.method</th><td><pre>GET</pre>",
      "<h2>Context</h2>", LambdaHelpers::REQUEST_ID, "<h2>Rack environment</h2>", "<th>PATH_INFO</th><td><pre>/orders</pre>",
      "<th>HTTP_ACCEPT</th><td><pre>*/*</pre>"
    ].each { |part| expect(page).to include(part) }
    expect(asked["PATH_INFO"]).to eq("/orders")
  end

  it "escapes text from the client and the application" do
    Lamby.config.debug = true
    page = answer("debug=1&x=<script>alert(1)</script>", headers: { "x-evil" => "\"><script>alert(2)</script>\xC3\xA9" })["body"]
    expect(page).not_to match(/<script>alert|<b>/)
    expect(page).to include("&lt;script&gt;alert(1)", "&quot;&gt;&lt;script&gt;alert(2)", "&lt;b&gt;")
  end

  it "masks secrets, and shows only the length of bodies" do
    Lamby.config.debug = true
    event = {
      headers: { "authorization" => "Bearer s3cret", "cookie" => "sid=s3cret", "x-amz-security-token" => "s3cret", "x-api-key" => "s3cret",
                 "x-note" => "key AKIAIOSFODNN7EXAMPLE", "referer" => "https://example.com/?a=1&X-Amz-Signature=s3cret&b=2" },
      cookies: ["sid=s3cret"], body: "password=s3cret"
    }
    page = answer("debug=1&reset_token=s3cret", **event)["body"]
    expect(page).not_to match(/s3cret|AKIAIOSFODNN7EXAMPLE/)
    expect(page).to include("(15 bytes)", "X-Amz-Signature=[masked]&amp;b=2", "key [masked]")
  end

  it "masks values whose name or format looks like a secret" do
    Lamby.config.debug = true
    Lamby.config.rack_app = ->(_env) { raise ArgumentError, "postgres://shop:s3cret@db/shop" }
    event = { headers: { "x-jwt" => "s3cret", "referer" => "https://user:s3cret@example.com/?pwd=s3cret&code=s3cret&key=s3cret&country_code=de",
                         "x-key" => "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "etag" => "da39a3ee5e6b4b0d3255bfef95601890afd80709" } }
    page = answer("debug=1&pass=s3cret", **event)["body"]
    expect(page).not_to match(/s3cret|wJalr/)
    expect(page).to include("country_code=de", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "postgres://[masked]@db/shop")
    Timeout.timeout(Waiting::LIMIT) { answer("debug=1", headers: { "x-long" => "?token" * 5_000 }) }
  end

  describe "with secret parameters in the request" do
    before { Lamby.config.debug = true }

    parameters = {
      "code" => "s3cret", "key" => "s3cret", "KEY" => "s3cret", "user[key]" => "s3cret", "keys" => "shown", "country_code" => "shown",
      "otp" => "s3cret", "pin" => "s3cret", "sig" => "s3cret", "SAMLResponse" => "s3cret", "id_token" => "s3cret", "debug" => "1"
    }

    def page_of(event)
      JSON.parse(Lamby.cmd(event: JSON.generate(event), context: lambda_context))["body"]
    end

    Lamby::Simulator.integrations.each do |integration|
      it "masks the parameters in every field of an event: #{integration}" do
        url = "https://shop.example/a?#{URI.encode_www_form(parameters)}&co%64e=s3cret"
        page = page_of(JSON.parse(Lamby::Simulator.event(integration, url: url)))
        expect(page).to include("What Lambda sent", "shown")
        expect(page).not_to include("s3cret")
      end
    end

    it "masks the parameters in a URL's fragment" do
      page = page_of(http_event(rawQueryString: "debug=1", headers: { "referer" => "https://shop.example/#code=s3cret&state=shown" }))
      expect(page).to include("state=shown")
      expect(page).not_to include("s3cret")
    end
  end

  it "shows the exception of the application" do
    Lamby.config.debug = true
    Lamby.config.rack_app = ->(_env) { raise ArgumentError, "oops" }
    expect(answer("debug=1")["body"]).to include("ArgumentError: oops")
  end
end
