# frozen_string_literal: true

require "rack/mock"

# Sends requests to an application directly and through each integration, and compares what the application and the
# client get.
RSpec.describe Lamby::Loopback do
  integrations = Lamby::Simulator.integrations

  # Returns a client that sends requests to the application through an integration. Rack::Lint checks both sides.
  def through(integration, &app)
    Rack::MockRequest.new(Rack::Lint.new(described_class.new(Rack::Lint.new(app), integration: integration)))
  end

  def directly(&app)
    Rack::MockRequest.new(Rack::Lint.new(app))
  end

  describe "with random requests and responses" do
    token = [*"a".."z", *"0".."9", *"!#$%&'*+-.^`|~".chars]
    unreserved = [*"a".."z", *"A".."Z", *"0".."9", *"-._~".chars]
    in_path = [*unreserved, *"!$&'()*+,;=:@".chars]
    in_query = [*in_path, *"/?".chars]
    in_value = [*(" ".."~"), "\t", "é", "漢"]
    characters = [*" ".."~", "é", "漢", "\u{1F680}", "\n", "\0"]
    methods = %w[GET HEAD POST PUT PATCH DELETE OPTIONS TRACE LINK]
    types = [nil, "text/plain", "application/json; charset=utf-8", "application/octet-stream", "image/png", "x-own/type"]
    # Lamby sets these, or the integration does.
    added = %w[HTTP_X_FORWARDED_FOR HTTP_X_FORWARDED_PROTO HTTP_X_FORWARDED_PORT HTTP_X_FORWARDED_FOR_PROTO HTTP_X_FORWARDED_FOR_PORT
               HTTP_X_REQUEST_ID HTTP_X_REQUEST_START HTTP_VERSION]

    let(:random) { Random.new(RSpec.configuration.seed) }

    define_method(:some) { |from, sizes| Array.new(random.rand(sizes)) { from.sample(random: random) }.join }
    # Encodes a fifth of the characters, with capital or small letters.
    define_method(:encoded) do |from, sizes|
      escape = ->(byte) { format(["%%%02X", "%%%02x"].sample(random: random), byte) }
      Array.new(random.rand(sizes)) { random.rand(5).zero? ? some(characters, 1..1).bytes.map(&escape).join : some(from, 1..1) }.join
    end

    # HTTP removes white space around a value.
    define_method(:header) { |sizes| some(in_value, sizes).strip }
    define_method(:headers) { |prefix| Array.new(random.rand(5)) { ["#{prefix}#{some(token, 1..12)}", header(0..30)] }.to_h }
    define_method(:body) { |type| type&.match?(/octet|image/) ? random.bytes(random.rand(500)) : some(characters, 0..500) }

    define_method(:random_request) do
      type = types.sample(random: random)
      method = random.rand(4).zero? ? some(token, 1..9) : methods.sample(random: random)
      host = [%w[example.org shop.example 192.0.2.7].sample(random: random), ["", ":8080"].sample(random: random)].join
      query = encoded(in_query, 0..30)
      env = headers("x-").to_h { |name, value| ["HTTP_#{name.upcase.tr("-", "_")}", value.b] }
      cookies = Array.new(random.rand(4)) { "#{some(unreserved, 1..5)}=#{some(unreserved, 0..9)}" }
      env["HTTP_COOKIE"] = cookies.join("; ") if cookies.any?
      env["CONTENT_TYPE"] = type if type
      env["REMOTE_ADDR"] = %w[203.0.113.9 2001:db8::7].sample(random: random)
      { url: "#{%w[http https].sample(random: random)}://#{host}/#{encoded([*in_path, "/"], 0..30)}#{"?#{query}" unless query.empty?}",
        method: method, env: env.merge("HTTP_HOST" => host, input: method == "HEAD" ? "" : body(type)) }
    end

    # Returns the application's view of a request.
    define_method(:view) do |env|
      env.select { |name, _| name.match?(/\A(?:HTTP_|CONTENT_|SERVER_(?:NAME|PORT)|REQUEST_METHOD|REMOTE_ADDR|SCRIPT_NAME|PATH_INFO|QUERY_STRING|rack.url_scheme)/) }
         .transform_values { |value| value.dup.force_encoding(Encoding::UTF_8) }.merge("body" => env["rack.input"].read.b)
    end

    # The documented differences: docs/testing.md. Each function makes two requests equal that differ only in this way.
    unescape = ->(path) { path.b.gsub(/%\h\h/n) { |escape| escape.delete("%").hex.chr }.then { |text| text == path ? path : unescape.call(text) } }
    decoded_path = ->(facts) { facts.merge("PATH_INFO" => unescape.call(facts["PATH_INFO"])) }
    grouped_query = lambda do |facts, &convert|
      pairs = facts["QUERY_STRING"].split("&").reject(&:empty?).map { |pair| pair.partition("=").values_at(0, 2).map(&convert || :itself) }
      facts.merge("QUERY_STRING" => pairs.group_by(&:first).transform_values { |same| same.map(&:last) })
    end
    decoded_query = ->(facts) { grouped_query.call(facts) { |part| URI.decode_www_form_component(part) } }
    documented = {
      http_api_v2: [decoded_path], http_api_v1: [decoded_path, decoded_query], rest_api: [decoded_query],
      alb: [grouped_query], alb_multi_value: [grouped_query]
    }

    # Returns a response, and the facts about it that a client sees.
    define_method(:random_response) do
      lists = Array.new(random.rand(4)) { [some(token, 1..12), Array.new(random.rand(1..3)) { "v#{header(0..30).tr(",\t", "; ")}" }] }.to_h
      lists = lists.transform_keys { |name| "x-#{name}" }
      cookies = Array.new(random.rand(4)) { |number| "#{number}#{some(unreserved, 0..5)}=#{some(unreserved, 0..9)}; path=/" }
      lists["set-cookie"] = cookies if cookies.any?
      status = random.rand(3).zero? ? random.rand(200..599) : 200
      type = types.compact.sample(random: random)
      empty = [204, 304].include?(status)
      lists["content-type"] = [type] unless empty
      headers = lists.transform_values { |values| Rack.release < "3" || values.size == 1 ? values.join("\n") : values }
      [status, headers, empty ? [] : Array.new(random.rand(4)) { body(type) }]
    end

    # Several lines of a header mean the same as one line with a list, except for cookies.
    define_method(:answer) do |response|
      headers = response.headers.to_h { |name, value| [name.downcase, name.casecmp?("set-cookie") ? [value].flatten.join("\n") : [value].flatten.join("\n").gsub("\n", ", ")] }
      [response.status, headers.except("content-length").transform_values(&:b), response.body.b]
    end

    integrations.each do |integration|
      it "brings each request to the application, with only the documented differences: #{integration}" do
        changes = documented.fetch(integration, [])
        300.times do
          request = random_request
          views = [directly { |env| @env = view(env) and [200, {}, []] }, through(integration) { |env| @env = view(env) and [200, {}, []] }].map do |client|
            client.request(request[:method], request[:url], request[:env].dup)
            changes.reduce(@env.except(*added)) { |facts, change| change.call(facts) }
          end
          expect([request, views[1]]).to eq([request, views[0]])
        end
      end

      it "brings each response to the client: #{integration}" do
        300.times do
          response = random_response
          copy = ->(env) { [response[0], response[1].dup, env["REQUEST_METHOD"] == "HEAD" ? [] : response[2]] }
          method = %w[GET HEAD].sample(random: random)
          expect(answer(through(integration, &copy).request(method, "/"))).to eq(answer(directly(&copy).request(method, "/")))
        end
      end
    end
  end

  # What an integration changes in a request, as docs/testing.md lists it.
  describe "changes a request as the integration does:" do
    # Returns what each integration makes of an entry of the env.
    define_method(:everywhere) do |name, url = "/", **env|
      integrations.to_h do |integration|
        value = nil
        app = lambda do |it|
          value = it[name]
          [200, {}, []]
        end
        through(integration, &app).get(url, env.transform_keys(&:to_s))
        [integration, value]
      end
    end

    it "HTTP APIs decode the path, and Lamby encodes only what a URL needs" do
      changed = %i[http_api_v1 http_api_v2]
      expect(everywhere("PATH_INFO", "/a%2Fb%41%7e%c3%a9")).to eq(integrations.to_h { |it| [it, changed.include?(it) ? "/a/bA~%C3%A9" : "/a%2Fb%41%7e%c3%a9"] })
    end

    it "events contain text, so a byte that is not UTF-8 becomes U+FFFD where the integration decodes" do
      expect(everywhere("PATH_INFO", "/%FF").select { |_, path| path == "/%EF%BF%BD" }.keys).to match_array(%i[http_api_v1 http_api_v2])
      expect(everywhere("QUERY_STRING", "/?a=%FF").select { |_, query| query == "a=%EF%BF%BD" }.keys).to match_array(%i[http_api_v1 rest_api])
    end

    it "clients cannot send the integration's own headers" do
      lattice = %i[vpc_lattice_v1 vpc_lattice_v2] # VPC Lattice uses X-Forwarded-For-Proto.
      expect(everywhere("HTTP_X_FORWARDED_PROTO", "https://example.org/", HTTP_X_FORWARDED_PROTO: "http").except(*lattice).values.uniq).to eq(%w[https])
      expect(everywhere("HTTP_X_FORWARDED_FOR", HTTP_X_FORWARDED_FOR: "198.51.100.7", REMOTE_ADDR: "203.0.113.9").values.uniq).to eq(["198.51.100.7, 203.0.113.9"])
      expect(everywhere("HTTP_PROXY", HTTP_PROXY: "evil.example").values.uniq).to eq([nil])
      expect(everywhere("HTTP_X_REQUEST_ID", HTTP_X_REQUEST_ID: "mine").values).not_to include("mine")
    end

    it "SCRIPT_NAME becomes a part of the path" do
      expect(everywhere("PATH_INFO", "/b", SCRIPT_NAME: "/a").values.uniq).to eq(["/a/b"])
      expect(everywhere("SCRIPT_NAME", "/b", SCRIPT_NAME: "/a").values.uniq).to eq([""])
    end

    it "a path or a query that a server has decoded is encoded" do
      expect(everywhere("PATH_INFO", PATH_INFO: "/a b?é".b).values.uniq).to eq(["/a%20b%3F%C3%A9"])
      expect(everywhere("QUERY_STRING", QUERY_STRING: "q=a b#é".b).values.uniq.map { |query| URI.decode_www_form(query) }.uniq).to eq([[["q", "a b#é"]]])
    end
  end

  it "shares with the test what is not a part of HTTP" do
    app = lambda do |env|
      env.update("app.seen" => env.values_at("rack.session", "test.own", "rack.hijack", "puma.config", "HTTP_X.OWN"), "REQUEST_METHOD" => "PATCH")
      env["rack.errors"].write("logged")
      [200, {}, []]
    end
    env = Rack::MockRequest.env_for(
      "/", :input => "body", "rack.session" => { "user" => 1 }, "test.own" => :x, "rack.hijack" => -> {}, "puma.config" => 1, "HTTP_X.OWN" => "a", "rack.errors" => StringIO.new
    )
    described_class.new(app, integration: :alb).call(env)
    expect(env).to include("app.seen" => [{ "user" => 1 }, :x, nil, nil, "a"], "REQUEST_METHOD" => "PATCH", "PATH_INFO" => "/")
    expect(env["rack.errors"].string).to eq("logged")
    expect(env["lambda.event"].dig("requestContext", "elb")).to be_a(Hash)
    expect(env["lambda.context"].aws_request_id).to match(/\A[\h-]{36}\z/)
    expect(env["rack.input"]).not_to be_nil
  end

  it "sends a header with a dot in its name only through the event" do
    seen = :unset
    app = ->(env) { (seen = env["HTTP_LAMBDA_RUNTIME_X.Y"]) || [200, {}, []] }
    described_class.new(app, integration: :alb).call(Rack::MockRequest.env_for("/", "HTTP_LAMBDA_RUNTIME_X.Y" => "b"))
    expect(seen).to be_nil
  end

  it "raises what the application raises, and keeps what it has written into the env" do
    app = ->(env) { (env["app.seen"] = 1) && raise(KeyError, "oops") }
    env = Rack::MockRequest.env_for("/")
    expect { described_class.new(app, integration: :alb).call(env) }.to raise_error(KeyError, "oops")
    expect(env["app.seen"]).to eq(1)
  end

  it "responds with Lamby's page to an exception, if config.rescue_errors is on" do
    Lamby.config.rescue_errors = true
    expect { @response = through(:function_url) { raise "oops" }.get("/") }.to output(/oops/).to_stderr_from_any_process
    expect(@response.status).to eq(500)
  end

  it "refuses requests that are larger than the integration accepts" do
    app = ->(_env) { [200, {}, ["ok"]] }
    status = ->(integration, bytes) { through(integration, &app).post("/", input: "x" * bytes).status }
    expect([status.call(:alb, 1024 * 1024), status.call(:alb, (1024 * 1024) + 1)]).to eq([200, 413])
    expect([status.call(:function_url, 6_200_000), status.call(:function_url, 6 * 1024 * 1024)]).to eq([200, 413])
    expect(through(:alb, &app).post("/", input: "x" * 1_100_000).body).to eq("The request is larger than alb accepts.\n")
  end

  it "raises an error for a response that is larger than the integration accepts" do
    expect { through(:alb) { [200, {}, ["x" * 1_100_000]] }.get("/") }.to raise_error(Lamby::ResponseTooLarge)
  end

  it "says which request an event cannot contain" do
    client = through(:alb) { [200, {}, []] }
    expect { client.get("/", "HTTP_X_OWN" => "caf\xE9".b) }
      .to raise_error(Lamby::InvalidEvent, 'the header x-own cannot be written into an event, because its value is not UTF-8: "caf\xE9"')
    loopback = described_class.new(->(_env) {}, integration: :alb)
    expect { loopback.call(Rack::MockRequest.env_for("/", "HTTP_HOST" => "example.org/a")) }
      .to raise_error(Lamby::InvalidEvent, 'the header host is "example.org/a", which is not a host: no integration sends this request')
    expect { loopback.call(Rack::MockRequest.env_for("/", method: "OPTIONS").merge("PATH_INFO" => "*")) }
      .to raise_error(Lamby::InvalidEvent, 'the path "*" does not begin with a slash: no integration sends this request')
    expect { loopback.call(Rack::MockRequest.env_for("/", method: "GE T")) }.to raise_error(Lamby::InvalidEvent, /invalid HTTP method/)
  end

  it "says which integrations exist" do
    expect { described_class.new(nil, integration: :alb2) }
      .to raise_error(ArgumentError, "there is no integration :alb2; the integrations are #{integrations.join(", ")}")
    expect(described_class.new(nil, integration: "alb").integration).to eq(:alb)
  end

  it "returns text in UTF-8, and other bytes as binary" do
    expect(through(:alb) { [200, {}, ["é"]] }.get("/").body).to eq("é")
    expect(through(:alb) { [200, { "content-type" => "image/png" }, ["\xFF".b]] }.get("/").body).to eq("\xFF".b)
  end

  it "runs the callbacks of the response, and closes the body" do
    calls = []
    body = Object.new
    body.define_singleton_method(:each) { |&block| block.call("x") }
    body.define_singleton_method(:close) { calls << :close }
    app = ->(env) { env["rack.response_finished"] << ->(*) { calls << :finished } and [200, {}, body] }
    described_class.new(app, integration: :alb).call(Rack::MockRequest.env_for("/"))
    expect(calls).to eq(%i[close finished])
  end

  it "has the application's own methods, and can be a middleware" do
    app = Struct.new(:routes) { def call(_env) = [200, {}, ["ok"]] }.new([1])
    loopback = described_class.new(app, integration: :alb)
    expect([loopback.routes, loopback.respond_to?(:routes), loopback.respond_to?(:nothing)]).to eq([[1], true, false])
    expect { loopback.nothing }.to raise_error(NoMethodError, /nothing/)
    expect(loopback.inspect).to match(/\A#<Lamby::Loopback alb #<Class:.*>>\z/)
    stack = Rack::Builder.new do
      use Lamby::Loopback, integration: :rest_api
      run app
    end
    expect(Rack::MockRequest.new(stack.to_app).get("/").body).to eq("ok")
  end
end
