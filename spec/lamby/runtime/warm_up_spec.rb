# frozen_string_literal: true

RSpec.describe "config.warm_up_path" do
  include_context "with a runtime"

  # Responds with a list of the requests and callbacks so far.
  listing = <<~'RUBY'
    require "lamby"
    REQUESTS = []
    Lamby.config.warm_up_path = "/up?warm=1"
    Lamby.config.handled_proc = ->(*) { REQUESTS << "handled" }
    Lamby.config.rack_app = lambda do |env|
      REQUESTS << env.values_at("REQUEST_METHOD", "rack.url_scheme", "PATH_INFO", "QUERY_STRING", "HTTP_USER_AGENT").join(" ")
      env["rack.response_finished"] << ->(*) { REQUESTS << "finished" }
      [200, { "content-type" => "text/plain" }, [REQUESTS.join("\n")]]
    end
  RUBY

  it "is requested from the application once, before the first invocation" do
    start(listing)
    requests = [get("/first"), get("/second")].last.lines(chomp: true)
    expect(requests.first(2)).to eq(["GET https /up warm=1 lamby-warm-up", "finished"])
    expect(requests.grep(/GET/).size).to eq(3)
    expect(requests.count("handled")).to eq(1) # Only the first invocation, not the warm-up, called handled_proc.
  end

  it "is requested before the snapshot, so that restored processes contain the code that the request loaded" do
    start("#{listing}Lamby.config.before_snapshot { REQUESTS << 'snapshot' }", environment: { "AWS_LAMBDA_INITIALIZATION_TYPE" => "snap-start" })
    @api.restore
    expect(get("/first").lines(chomp: true).first(3)).to eq(["GET https /up warm=1 lamby-warm-up", "finished", "snapshot"])
  end

  it "gets a buffered response even if invoke_mode is response_stream" do
    start(listing, environment: { "LAMBY_INVOKE_MODE" => "response_stream" })
    expect(invoke("/first").wait.body).to include("lamby-warm-up")
  end

  {
    "raises an exception" => ["raise 'not yet'", "config.warm_up_path, GET /up?warm=1"],
    "raises an exception that is not a StandardError" => ["raise NotImplementedError, 'not yet'", "config.warm_up_path, GET /up?warm=1"],
    "responds with an error" => ["[503, {}, ['not yet']]", "the application responded with 503 to the request of config.warm_up_path, GET /up?warm=1"]
  }.each do |what, (code, message)|
    it "logs that the application #{what}, and the first invocation is handled" do
      start(<<~RUBY)
        require "lamby"
        Lamby.config.warm_up_path = "/up?warm=1"
        Lamby.config.rack_app = lambda do |env|
          next [200, {}, ["ready"]] unless env["PATH_INFO"] == "/up"

          #{code}
        end
      RUBY
      expect(get("/first")).to eq("ready")
      expect(@process.log).to include(message)
    end
  end

  it "raises ArgumentError if it does not begin with a slash" do
    expect { Lamby.config.warm_up_path = "https://example.com/up" }
      .to raise_error(ArgumentError, 'warm_up_path is "https://example.com/up", and has to be a path that begins with a slash, such as "/up"')
  end
end
