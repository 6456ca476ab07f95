# frozen_string_literal: true

require "spec_helper"
require "digest"
require "lamby/local"

return unless Requirements.gem?("rails")

# Loads the example application as the handler `config/environment.Lamby.cmd` does, and calls it behind
# every integration, with events as a Hash and as JSON.
RSpec.describe "A Rails application" do
  before(:all) do
    folder = File.expand_path("../../examples/rails", __dir__)
    Dir.chdir(folder) { require File.join(folder, "config/environment") }
  end

  # Sends a request through an integration, and returns the response that its client gets.
  def ask(integration, as, method, path, **request)
    path, query = path.split("?", 2)
    event = HTTPEvents.build(integration, method: method, path: path, query: query.to_s, **request)
    read(integration, answer(as == :bytes ? JSON.generate(event) : event))
  end

  # The payload must be a Hash if the event is a Hash, and JSON if the event is JSON.
  def answer(event)
    payload = Lamby.cmd(event: event, context: lambda_context)
    expect(payload).to be_a(event.class)
    payload
  end

  # Lamby::Simulator must read the same response from the payload as HTTPResponses does.
  def read(integration, payload)
    response = HTTPResponses.read(integration, payload)
    local = Lamby::Simulator.answer(integration, payload.is_a?(String) ? payload : JSON.generate(payload))
    lines = response.headers.merge("set-cookie" => response.cookies).flat_map { |name, values| values.map { |value| [name, value] } }
    expect([local.status, local.headers.sort, local.body.b]).to eq([response.status, lines.sort, response.body])
    response
  end

  # The Cookie header of a browser that has these cookies.
  def cookies_of(response)
    response.cookies.map { |cookie| cookie[/\A[^;]*/] }.join("; ")
  end

  def text_of(response)
    response.body.dup.force_encoding(Encoding::UTF_8)
  end

  # A browser's form with a text and a file.
  def form_data(bytes)
    "--xyz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nGr\xC3\xBC\xC3\x9Fe\r\n" \
    "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n".b +
      bytes + "\r\n--xyz--\r\n".b
  end

  HTTPEvents::INTEGRATIONS.product(%i[bytes hash]).each do |integration, as|
    describe "behind #{integration}, called with #{as == :bytes ? "JSON" : "a Hash"}," do
      define_method(:get) { |path, **request| ask(integration, as, "GET", path, **request) }
      define_method(:post) { |path, **request| ask(integration, as, "POST", path, **request) }

      it "renders a page, and knows the client's address and the request id" do
        response = get("/")
        expect(response).to have_attributes(status: 200)
        expect(response["content-type"]).to match(%r{\Atext/html; charset=utf-8\z}i)
        expect(text_of(response)).to include("Hello from Rails #{Rails.version}", "https://example.com/", "203.0.113.9", LambdaHelpers::REQUEST_ID)
        sender = { alb: "Load Balancer", rest: "REST API", vpc: "VPC Lattice", function: "Function URL", http: "HTTP API" }
        expect(text_of(response)).to include(sender.fetch(integration[/[a-z]+/].to_sym))
      end

      it "renders a page in chunks, and the client gets the page without the chunked framing" do
        body = get("/page").body
        expect(body).to start_with("<h1>Page</h1>").and end_with("Line 99</p>\n")
        expect(body).not_to include("\r\n")
      end

      it "gets path, query and nested parameters unchanged" do
        facts = JSON.parse(get("/echo/a%20b/c+d/%C3%BC?user[name]=J%C3%B6rg+%26+Co&user[role]=&q=50%25&plus=a%2Bb&e=x%3Dy").body)
        expect(facts["path"]).to eq("a b/c+d/ü")
        expect(facts["query"]).to eq("user" => { "name" => "Jörg & Co", "role" => "" }, "q" => "50%", "plus" => "a+b", "e" => "x=y")
      end

      it "gets #{integration == :alb ? "only the last value" : "all values"} of a repeated parameter" do
        facts = JSON.parse(get("/echo?tags[]=a%2Cb&tags[]=%C3%BC&one=1").body)
        expect(facts["query"]).to eq("tags" => integration == :alb ? ["ü"] : ["a,b", "ü"], "one" => "1")
      end

      [true, false].each do |base64|
        it "gets JSON and form parameters in UTF-8 when the body came as #{base64 ? "base64" : "text"}" do
          json = post("/echo", headers: { "Content-Type" => "application/json" }, body: '{"a":{"b":["ü"]}}', base64: base64)
          expect(JSON.parse(json.body)["body"]).to eq("a" => { "b" => ["ü"] })
          type = { "Content-Type" => "application/x-www-form-urlencoded" }
          form = post("/echo", headers: type, body: "a[b]=%C3%BC&c=1+2&d[]=1&d[]=2", base64: base64)
          expect(JSON.parse(form.body)["body"]).to eq("a" => { "b" => "ü" }, "c" => "1 2", "d" => %w[1 2])
        end
      end

      it "gets requests with every HTTP method" do
        %w[GET POST PUT PATCH DELETE OPTIONS].each do |method|
          facts = JSON.parse(ask(integration, as, method, "/echo/#{method.downcase}").body)
          expect(facts).to include("method" => method, "path" => method.downcase)
        end
      end

      it "knows host, scheme, client and request id" do
        facts = JSON.parse(get("/request?a=b", headers: { "User-Agent" => "spec" }, host: "shop.example.com:8443").body)
        expect(facts).to include(
          "method" => "GET", "host" => "shop.example.com", "port" => 8443, "protocol" => "https://", "ssl" => true,
          "ip" => "203.0.113.9", "remote_ip" => "203.0.113.9", "user_agent" => "spec", "request_id" => LambdaHelpers::REQUEST_ID,
          "fullpath" => "/request?a=b", "original_url" => "https://shop.example.com:8443/request?a=b", "script_name" => ""
        )
      end

      it "does not trust an address that the client claims" do
        facts = JSON.parse(get("/request", headers: { "X-Forwarded-For" => "192.0.2.66" }).body)
        expect(facts).to include("ip" => "203.0.113.9", "remote_ip" => "203.0.113.9")
      end

      it "sets several cookies and reads them back, even signed ones" do
        response = get("/cookies")
        expect(response.cookies).to contain_exactly(
          %r{\Aplain=one%3B\+two; path=/; samesite=lax\z}i, %r{\Asigned=[^;]+; path=/; httponly; samesite=lax\z}i
        )
        read = get("/cookies/read", headers: { "Cookie" => cookies_of(response) })
        expect(JSON.parse(read.body)).to eq("plain" => "one; two", "signed" => "three")
      end

      # HTTP/2 clients may send several Cookie lines: RFC 9113, section 8.2.3. An ALB without multi-value headers passes
      # on only one.
      unless integration == :alb
        it "reads cookies from several Cookie headers" do
          read = get("/cookies/read", headers: { "Cookie" => [cookies_of(get("/cookies"))[/signed=[^;]*/], "plain=x"] })
          expect(JSON.parse(read.body)).to eq("plain" => "x", "signed" => "three")
        end
      end

      it "keeps a session from request to request" do
        first = get("/session")
        second = get("/session", headers: { "Cookie" => cookies_of(first) })
        expect([first.body, second.body]).to eq(%w[1 2])
      end

      it "gets an uploaded file unchanged" do
        bytes = Random.new(7).bytes(100_000)
        response = post("/upload", headers: { "Content-Type" => "multipart/form-data; boundary=xyz" }, body: form_data(bytes), base64: true)
        expect(JSON.parse(response.body)).to eq(
          "name" => "a b.bin", "type" => "application/octet-stream", "size" => 100_000,
          "sha256" => Digest::SHA256.hexdigest(bytes), "note" => "Grüße"
        )
      end

      it "sends data and files unchanged" do
        data = get("/download/data")
        expect(data["content-type"]).to eq("image/png")
        expect(data["content-disposition"]).to include("attachment")
        expect(data.body).to eq((0..255).to_a.pack("C*") * 16)
        expect(get("/download/file")).to have_attributes(status: 200, body: "User-agent: *\nDisallow:\n")
      end

      it "sends text in any script, and text that is not UTF-8 with its charset" do
        expect(JSON.parse(get("/json").body)["greeting"]).to eq("Grüße, 世界 \u{1F680} \u2028 \"quoted\" \\ \u0007")
        latin1 = get("/latin1")
        expect(latin1.body).to eq("caf\xE9".b)
        expect(latin1["content-type"]).to match(/iso-8859-1/i)
      end

      it "redirects to the host that the client requested" do
        response = get("/redirect")
        expect(response).to have_attributes(status: 302)
        expect(response["location"]).to eq("https://example.com/session?from=redirect")
      end

      it "responds to HEAD with the headers of GET and no body" do
        ["/", "/json"].each do |path|
          head = ask(integration, as, "HEAD", path)
          expect(head).to have_attributes(status: 200, body: "")
          expect(head["content-type"]).to eq(get(path)["content-type"])
        end
      end

      it "responds with 204 and no body" do
        response = get("/empty")
        expect(response).to have_attributes(status: 204, body: "")
        expect(response["content-type"]).to be_nil
      end

      it "responds with 304 if the client already has the page" do
        etag = get("/json")["etag"]
        response = get("/json", headers: { "If-None-Match" => etag })
        expect(response).to have_attributes(status: 304, body: "")
      end

      it "shows its own page for 404, and its own error page if an action raises" do
        silently do
          expect(get("/nowhere")).to have_attributes(status: 404, body: include("no such page"))
          expect(get("/raise")).to have_attributes(status: 500, body: include("Something went wrong"))
        end
      end

      it "shows the exception if show_detailed_exceptions is on, as in development" do
        with_env_config("action_dispatch.show_detailed_exceptions" => true) do
          response = silently { get("/raise") }
          expect(response).to have_attributes(status: 500, body: include("this action always raises", "responses_controller.rb"))
        end
      end

      it "passes the action's exception on to Lambda if show_exceptions is off" do
        # Before Rails 7.1 the setting is a Boolean.
        with_env_config("action_dispatch.show_exceptions" => Rails::VERSION::STRING.to_f < 7.1 ? false : :none) do
          expect { silently { get("/raise") } }.to raise_error(RuntimeError, "this action always raises")
        end
      end
    end
  end

  HTTPEvents::INTEGRATIONS.each do |integration|
    it "gets the same request from Lamby::Simulator's event as from the spec's event: #{integration}" do
      headers = { "User-Agent" => "spec", "Cookie" => "plain=x" }
      form = { headers: headers.merge("Content-Type" => "multipart/form-data; boundary=xyz"), body: form_data("\xFF\x00".b) }
      requests = ["/request?a=%C3%BC", "/echo/a%20b?c[d]=1+2%26", "/cookies/read"].map { |path| ["GET", path, { headers: headers }] }
      [*requests, ["POST", "/upload", form]].each do |method, path, request|
        local = Lamby::Simulator.event(integration, method: method, url: "https://example.com#{path}", source_ip: "203.0.113.9", **request)
        expect(read(integration, answer(local)).body).to eq(ask(integration, :hash, method, path, base64: method == "POST", **request).body)
      end
    end
  end

  # Turns the log off, because Rails logs the exceptions that it shows.
  def silently
    level = Rails.logger.level
    Rails.logger.level = Logger::FATAL + 1
    yield
  ensure
    Rails.logger.level = level
  end

  def with_env_config(settings)
    before = Rails.application.env_config.slice(*settings.keys)
    Rails.application.env_config.merge!(settings)
    yield
  ensure
    Rails.application.env_config.merge!(before)
  end
end
