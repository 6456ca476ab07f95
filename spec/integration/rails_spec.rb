# frozen_string_literal: true

require "digest"
require "lamby/local"

# The example application, as `config/environment.Lamby.cmd` loads it, behind every
# integration, asked with a Hash and with bytes.
RSpec.describe "A Rails application" do
  before(:all) do
    folder = File.expand_path("../../examples/rails", __dir__)
    Dir.chdir(folder) { require File.join(folder, "config/environment") }
  end

  # A request through an integration: what the client gets.
  def ask(integration, method, path, as: :bytes, headers: {}, body: "", host: "example.com")
    event = Lamby::Local.event(
      integration, method: method, url: "https://#{host}#{path}", headers: headers, body: body, source_ip: "203.0.113.9"
    )
    payload = if as == :bytes
                Lamby.cmd(event: event, context: lambda_context)
              else
                JSON.generate(Lamby.cmd(event: JSON.parse(event), context: lambda_context))
              end
    Lamby::Local.answer(integration, payload)
  end

  # The Cookie header of a browser that got these.
  def cookies_of(response)
    response.values("set-cookie").map { |cookie| cookie[/\A[^;]*/] }.sort.join("; ")
  end

  Lamby::Local.integrations.product(%i[bytes hash]).each do |integration, as|
    describe "behind #{integration}, asked with #{as == :bytes ? "bytes" : "a Hash"}" do
      define_method(:get) { |path, **options| ask(integration, "GET", path, as: as, **options) }
      define_method(:post) { |path, **options| ask(integration, "POST", path, as: as, **options) }

      it "renders a page" do
        response = get("/")
        expect(response).to have_attributes(status: 200)
        expect(response["content-type"]).to match(%r{\Atext/html; charset=utf-8\z}i)
        expect(response.body.dup.force_encoding("UTF-8")).to include("Hello from Rails #{Rails.version}", "https://example.com/", "203.0.113.9", LambdaHelpers::REQUEST_ID)
      end

      it "gets path, query and nested parameters as the client sent them" do
        facts = JSON.parse(get("/echo/a%20b/c+d?x[]=1&x[]=2&user[name]=J%C3%B6rg+%26+Co&q=50%25&plus=a%2Bb").body)
        expect(facts["path"]).to eq("a b/c+d")
        expect(facts["query"]).to eq("x" => %w[1 2], "user" => { "name" => "Jörg & Co" }, "q" => "50%", "plus" => "a+b")
      end

      it "gets a JSON body and a form, in UTF-8" do
        json = post("/echo", headers: { "content-type" => "application/json" }, body: '{"a":{"b":["ü"]}}')
        expect(JSON.parse(json.body)["body"]).to eq("a" => { "b" => ["ü"] })
        form = post("/echo", headers: { "content-type" => "application/x-www-form-urlencoded" }, body: "a[b]=%C3%BC&c=1+2")
        expect(JSON.parse(form.body)["body"]).to eq("a" => { "b" => "ü" }, "c" => "1 2")
      end

      it "knows host, scheme, client and request id" do
        facts = JSON.parse(get("/request?a=b", headers: { "user-agent" => "spec" }, host: "shop.example.com:8443").body)
        expect(facts).to include(
          "method" => "GET", "host" => "shop.example.com", "port" => 8443, "protocol" => "https://", "ssl" => true,
          "remote_ip" => "203.0.113.9", "user_agent" => "spec", "request_id" => LambdaHelpers::REQUEST_ID,
          "fullpath" => "/request?a=b", "original_url" => "https://shop.example.com:8443/request?a=b", "script_name" => ""
        )
      end

      it "sets several cookies and reads them back, signed ones too" do
        response = get("/cookies")
        expect(response.values("set-cookie").size).to eq(2)
        read = get("/cookies/read", headers: { "cookie" => cookies_of(response) })
        expect(JSON.parse(read.body)).to eq("plain" => "one; two", "signed" => "three")
      end

      it "keeps a session from request to request" do
        first = get("/session")
        second = get("/session", headers: { "cookie" => cookies_of(first) })
        expect([first.body, second.body]).to eq(%w[1 2])
      end

      it "takes an uploaded file byte for byte" do
        bytes = Random.new(7).bytes(100_000)
        body = "--xyz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nGr\xC3\xBC\xC3\x9Fe\r\n" \
               "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n".b +
               bytes + "\r\n--xyz--\r\n".b
        response = post("/upload", headers: { "content-type" => "multipart/form-data; boundary=xyz" }, body: body)
        expect(JSON.parse(response.body)).to eq(
          "name" => "a b.bin", "type" => "application/octet-stream", "size" => 100_000,
          "sha256" => Digest::SHA256.hexdigest(bytes), "note" => "Grüße"
        )
      end

      it "sends data and files byte for byte" do
        data = get("/download/data")
        expect(data["content-disposition"]).to include("attachment")
        expect(data.body).to eq((0..255).to_a.pack("C*") * 16)
        expect(get("/download/file").body).to eq("User-agent: *\nDisallow:\n")
      end

      it "sends text of any script, and text that is not UTF-8 with its label" do
        expect(JSON.parse(get("/json").body)["greeting"]).to eq("Grüße, 世界 \u{1F680} \u2028 \"quoted\" \\ \u0007")
        latin1 = get("/latin1")
        expect(latin1.body).to eq("caf\xE9".b)
        expect(latin1["content-type"]).to match(/iso-8859-1/i)
      end

      it "redirects to the client's own host" do
        response = get("/redirect")
        expect(response).to have_attributes(status: 302)
        expect(response["location"]).to eq("https://example.com/session?from=redirect")
      end

      it "answers HEAD with the headers of GET and no body" do
        response = ask(integration, "HEAD", "/json", as: as)
        expect(response).to have_attributes(status: 200, body: "")
        expect(response["content-type"]).to match(/json/)
      end

      it "answers 204 with nothing" do
        response = get("/empty")
        expect(response).to have_attributes(status: 204, body: "")
        expect(response["content-type"]).to be_nil
      end

      it "answers 304 to a client that has the page already" do
        etag = get("/json")["etag"]
        response = get("/json", headers: { "if-none-match" => etag })
        expect(response).to have_attributes(status: 304, body: "")
      end

      it "shows its page for 404, and its error page when an action raises" do
        silently do
          expect(get("/nowhere")).to have_attributes(status: 404, body: include("no such page"))
          expect(get("/raise")).to have_attributes(status: 500, body: include("Something went wrong"))
        end
      end

      it "raises through, where Rails shows no exceptions, so that the invocation fails" do
        without_error_pages do
          expect { silently { get("/raise") } }.to raise_error(RuntimeError, "this action always raises")
        end
      end
    end
  end

  # Rails logs the exceptions that it shows.
  def silently
    level = Rails.logger.level
    Rails.logger.level = Logger::FATAL + 1
    yield
  ensure
    Rails.logger.level = level
  end

  def without_error_pages
    before = Rails.application.env_config["action_dispatch.show_exceptions"]
    Rails.application.env_config["action_dispatch.show_exceptions"] = Rails.version < "7.1" ? false : :none
    yield
  ensure
    Rails.application.env_config["action_dispatch.show_exceptions"] = before
  end
end
