# frozen_string_literal: true

require "rack/mock"
require_relative "../../support/inspector/invented_function"
require_relative "../../support/puma_server"

RSpec.describe "Lamby::Serve::Inspector" do
  let(:function) { InventedFunction.new }
  let(:records) { function.records }
  let(:browser) { Rack::MockRequest.new(Rack::Lint.new(function.inspector)) }

  def get(path) = browser.get(path)

  def json(path) = JSON.parse(get(path).body)

  def command(name, input, **headers)
    browser.post("/api/#{name}", :input => input.is_a?(String) ? input : JSON.generate(input), "CONTENT_TYPE" => "application/json",
                                 "HTTP_X_LAMBY_INSPECTOR" => "1", **headers)
  end

  def start(id, kind: :http, integration: :http_api_v2, title: "GET /", event: "{}", request: nil)
    records.start(id: id, kind: kind, integration: integration, title: title, event: event, request: request)
  end

  it "serves the page and its files, and nothing else" do
    expect(get("/").body).to include("<title>")
    expect(get("/")["content-type"]).to eq("text/html; charset=utf-8")
    folder = File.expand_path("../../../lib/lamby/serve/inspector/assets", __dir__)
    Dir.children(folder).each { |name| expect(get("/assets/#{name}").status).to eq(200) }
    %w[/assets/../inspector.rb /assets/.. /assets/none.js /assets/%2e%2e/detail.rb /x].each { |path| expect(get(path).status).to eq(404) }
  end

  it "redirects to the address with a slash, because the page's links are relative to it" do
    response = browser.get("", "SCRIPT_NAME" => "/__lamby", "PATH_INFO" => "")
    expect([response.status, response["location"]]).to eq([302, "/__lamby/"])
  end

  it "forbids scripts of other origins, frames, and guessed content types, on every response" do
    start("id")
    ["/", "/assets/index.html", "/api/records", "/api/records/id", "/api/records/id/event", "/api/controls", "/nothing"].each do |path|
      response = get(path)
      expect(response["content-security-policy"]).to start_with("default-src 'none'; script-src 'self'; style-src 'self';")
      expect(response["content-security-policy"]).to include("frame-ancestors 'none'")
      expect(response["x-content-type-options"]).to eq("nosniff")
      expect(response["referrer-policy"]).to eq("no-referrer")
      expect(response.original_headers.keys).to all(match(/\A[a-z-]+\z/)) # Rack 3 requires lower case.
    end
  end

  it "is in the gem, with all files" do
    root = File.expand_path("../../..", __dir__)
    files = Dir.glob("lib/lamby/serve/inspector/**/*.*", base: root)
    expect(files).not_to be_empty
    expect(files - Gem::Specification.load("#{root}/gem.gemspec").files).to eq([])
  end

  it "has no inline script, no inline style and no address of another host in its files" do
    files = Dir[File.expand_path("../../../lib/lamby/serve/inspector/assets/*", __dir__)].to_h { |file| [file, File.read(file)] }
    files.each do |name, text|
      expect(text).not_to match(%r{(?:src|href|from|import|url)[\s=("']+https?://}), name
      expect(text).not_to match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/), name
    end
    html = files.find { |name, _| name.end_with?("index.html") }.last
    expect(html).not_to match(/\sstyle=|<style|\son\w+=|<script(?![^>]*src=)/)
  end

  it "lists summaries in pages, the newest first" do
    1001.times { |number| start("id-#{number}") }
    page = json("/api/records")
    expect(page["more"]).to be(true)
    expect(page["records"].size).to eq(1000)
    expect(page["records"].first).to include("id" => "id-1000", "state" => "queued", "title" => "GET /")
    rest = json("/api/records?before=#{page["records"].last["number"]}")
    expect(rest["records"].map { |it| it["id"] }).to eq(["id-0"])
    expect(rest["more"]).to be(false)
  end

  describe "with a request" do
    let(:id) { function.send_http("POST", "https://shop.example/orders?page=2", { "cookie" => "a=1", "x" => %w[1 2] }, "name=Ada") }
    let(:detail) { json("/api/records/#{id}") }

    it "shows the request, the event, the Rack env, the response and the payload" do
      expect(detail["request"]).to include("method" => "POST", "url" => "https://shop.example/orders?page=2", "source_ip" => "127.0.0.1")
      expect(detail["request"]["headers"]).to eq([%w[cookie a=1], %w[x 1], %w[x 2]])
      expect(detail.dig("request", "body", "text")).to eq("name=Ada")
      expect(JSON.parse(detail.dig("event", "text"))).to include("rawPath" => "/orders", "rawQueryString" => "page=2")
      env = detail.dig("env", "entries").to_h
      expect(env).to include("REQUEST_METHOD" => "POST", "QUERY_STRING" => "page=2", "HTTP_COOKIE" => "a=1", "HTTP_X_REQUEST_ID" => id, "rack.input" => "(the body, 8 bytes)")
      expect(detail.dig("env", "milliseconds")).to be > 0
      expect(detail["response"]).to include("status" => 200, "body" => { "size" => 18, "cut" => false, "text" => "Hello from /orders" })
      expect(detail.dig("payload", "text")).to include("Hello from /orders")
    end

    it "compares the sizes with the limits" do
      expect(detail["sizes"].map { |size| size.values_at("name", "limit") }).to eq([["Event", 6 * 1024 * 1024], ["Payload", 6 * 1024 * 1024]])
      expect(detail["sizes"].map { |size| size["bytes"] }).to eq([detail.dig("event", "size"), detail.dig("payload", "size")])
    end

    it "computes what Lambda would bill" do
      billing = detail["billing"]
      expect(billing["billed"]).to eq(billing["duration"].ceil)
      expect(billing["memory"]).to eq(1792)
      expect(billing["gigabyte_seconds"]).to eq((billing["billed"] / 1000.0 * 1792 / 1024).round(6))
    end

    it "offers the event, the payload and the body as files" do
      response = get("/api/records/#{id}/event")
      expect(response["content-disposition"]).to eq("attachment; filename=\"#{id}-event.json\"")
      expect(response["content-type"]).to eq("application/octet-stream")
      expect(JSON.parse(response.body)).to include("rawPath" => "/orders")
      expect(get("/api/records/#{id}/request_body").body).to eq("name=Ada")
      expect(get("/api/records/#{id}/payload").body).to include("Hello")
      expect(get("/api/records/#{id}/log").body).to eq("")
    end
  end

  it "uses the load balancer's limits of 1 MB" do
    function = InventedFunction.new(integration: :alb)
    id = function.send_http("POST", "https://shop.example/", {}, "a" * 100)
    sizes = JSON.parse(Rack::MockRequest.new(function.inspector).get("/api/records/#{id}").body)["sizes"]
    expect(sizes.map { |size| size.values_at("name", "limit") }).to eq([["Event", 6 * 1024 * 1024], ["Request body", 1024 * 1024], ["Payload", 1024 * 1024]])
  end

  it "divides the time of a cold streamed invocation into phases" do
    record = start("id")
    records.environment(number: 1, state: :ready, init_ms: 0.001)
    record.handed_over(environment: 1, cold: true)
    record.chunk("one")
    record.chunk("two")
    record.finish(outcome: :response, status: 200, headers: [])
    detail = json("/api/records/id")
    expect(detail["timeline"].map { |phase| phase["name"] } - %w[queue]).to eq(%w[initialization function stream])
    expect(detail["timeline"].each_cons(2)).to all(satisfy { |before, after| before["to"] == after["from"] })
    expect(detail["stream"]).to include("count" => 2, "size" => 6)
    expect(detail["stream"]["entries"].map { |chunk| chunk["text"] }).to eq(%w[one two])
    expect(detail.dig("response", "body", "text")).to eq("onetwo")
  end

  it "has no phase of initialization if the environment was ready before the request came" do
    records.environment(number: 1, state: :ready, init_ms: 250)
    record = start("id")
    record.handed_over(environment: 1, cold: true)
    record.finish(outcome: :response, status: 200, headers: [])
    detail = json("/api/records/id")
    expect(detail["timeline"].map { |phase| phase["name"] }).to eq(%w[queue function])
    expect(detail["billing"]).to include("init" => 250)
    expect(detail["billing"]["billed"]).to eq((250 + detail["billing"]["duration"]).ceil)
  end

  it "shows log lines, errors and bytes that are not UTF-8" do
    record = start("id", event: "\xFF")
    record.log("caf\xE9\n")
    record.finish(outcome: :error, status: 502, headers: [["x", "\xFF"]], error: { "errorType" => "Boom", "errorMessage" => "m\xFF", "stackTrace" => ["a:1"] })
    detail = json("/api/records/id")
    expect(detail.dig("log", "entries", 0)).to include("base64" => ["caf\xE9".b].pack("m0"))
    expect(detail["failure"]).to eq("errorType" => "Boom", "errorMessage" => "m\uFFFD", "stackTrace" => ["a:1"])
    expect(detail["error"]).to eq("Boom: m\uFFFD")
    expect(detail["env"]).to include("problem" => include("not valid JSON").or(include("JSON")))
  end

  it "describes a record whose contents it has removed" do
    record = start("id", event: "{}")
    record.forget
    expect(json("/api/records/id")).to include("forgotten" => true, "sizes" => [include("bytes" => 2)])
    expect(get("/api/records/id/event").status).to eq(410)
    expect(command("replay", { id: "id" }).status).to eq(410)
  end

  it "says that there is no such invocation" do
    expect(get("/api/records/none").status).to eq(404)
    expect(JSON.parse(command("replay", { id: "none" }).body)["error"]).to include("\"none\"")
  end

  describe "commands" do
    it "replays an invocation" do
      id = function.send_http("GET", "https://shop.example/orders")
      response = command("replay", { id: id })
      expect(response.status).to eq(201)
      replayed = json("/api/records/#{JSON.parse(response.body)["id"]}")
      expect(replayed["title"]).to eq("GET /orders")
      expect(replayed.dig("event", "text")).to eq(json("/api/records/#{id}").dig("event", "text"))
    end

    it "sends a request" do
      response = command("http", { method: "PUT", url: "https://shop.example/a", headers: [%w[x 1], %w[x 2]], body: "é" })
      sent = json("/api/records/#{JSON.parse(response.body)["id"]}")
      expect(sent["request"]).to include("method" => "PUT", "headers" => [%w[x 1], %w[x 2]])
      expect(sent.dig("request", "body", "text")).to eq("é")
    end

    it "sends an event" do
      response = command("invoke", { kind: "sqs", event: Lamby::Simulator.sample(:sqs) })
      expect(json("/api/records/#{JSON.parse(response.body)["id"]}")).to include("kind" => "sqs", "title" => "sqs")
    end

    it "returns samples of each kind and integration" do
      function.schedules = [{ name: "Nightly", expression: "rate(1 day)", event: { "detail" => {} } }]
      controls = json("/api/controls")
      expect(controls["schedules"]).to eq([{ "name" => "Nightly", "expression" => "rate(1 day)", "event" => "{\"detail\":{}}" }])
      expect(controls["description"]).to include("integration" => "http_api_v2", "memory" => 1792)
      controls["samples"].each { |name| expect(JSON.parse(json("/api/samples/#{name}")["event"])).to be_a(Hash) }
      expect(get("/api/samples/none").status).to eq(404)
    end

    it "clears the list" do
      start("id")
      expect(command("clear", {}).status).to eq(200)
      expect(json("/api/records")["records"]).to eq([])
    end

    it "refuses a request that another page could send" do
      start("id")
      [{ "HTTP_X_LAMBY_INSPECTOR" => nil }, { "HTTP_X_LAMBY_INSPECTOR" => "" }, { "CONTENT_TYPE" => "text/plain" },
       { "CONTENT_TYPE" => "application/x-www-form-urlencoded" }, { "CONTENT_TYPE" => "application/jsonp" }].each do |wrong|
        response = browser.post("/api/clear", **{ :input => "{}", "CONTENT_TYPE" => "application/json", "HTTP_X_LAMBY_INSPECTOR" => "1" }.merge(wrong).compact)
        expect(response.status).to eq(403)
      end
      expect(records.page.size).to eq(1)
    end

    it "says what is wrong with a command" do
      wrong = {
        ["http", "{"] => "not JSON", ["http", "[]"] => "not a JSON object", ["http", "{\"headers\":1}"] => "headers is 1",
        ["http", "{\"headers\":[],\"method\":1}"] => "method is 1", ["invoke", "{\"event\":\"{}\",\"kind\":\"x\"}"] => "there is no kind \"x\"",
        ["http", JSON.generate(headers: [["a b", "c"]], method: "GET", url: "https://a.example/", body: "")] => "header"
      }
      wrong.each do |(name, input), message|
        response = command(name, input)
        expect([response.status, JSON.parse(response.body)["error"]]).to match([422, include(message)])
      end
      expect(command("none", {}).status).to eq(404)
    end

    it "refuses other methods" do
      expect(browser.delete("/api/records").status).to eq(405)
    end
  end

  describe "the stream" do
    next unless Requirements.gem?("puma")

    # A server whose threads a page must not block.
    around do |example|
      require "puma"
      require "puma/server"
      environment = ENV.fetch("RACK_ENV", nil)
      @server = Puma::Server.new(function.inspector, Puma::Events.respond_to?(:null) ? Puma::Events.null : nil, min_threads: 1, max_threads: 1)
      ENV["RACK_ENV"] = environment
      @server.add_tcp_listener("127.0.0.1", 0)
      @server.run
      @sockets = []
      example.run
    ensure
      @sockets.each(&:close)
      @server.stop(true)
    end

    def open_stream
      socket = TCPSocket.new("127.0.0.1", @server.connected_ports.first)
      @sockets << socket
      socket.write("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
      head = socket.gets("\r\n\r\n")
      expect(head).to start_with("HTTP/1.1 200 OK\r\n").and include("content-type: text/event-stream\r\n")
      expect(event(socket).first).to eq("environments")
      socket
    end

    def event(socket)
      name, data = Timeout.timeout(Waiting::LIMIT) { socket.gets("\n\n") }.match(/\Aevent: (\w+)\ndata: (.*)\n\n\z/).captures
      [name, JSON.parse(data)]
    end

    it "sends what changes, to several pages, while the server's only thread handles other requests" do
      pages = [open_stream, open_stream]
      start("id", title: "GET /\n\nevent: fake")
      pages.each do |page|
        name, summaries = event(page)
        expect([name, summaries.map { |it| it["title"] }]).to eq(["records", ["GET /\n\nevent: fake"]])
      end
      records.environment(number: 2, state: :failed, message: "boom")
      expect(event(pages.first)).to eq(["environments", [{ "number" => 2, "state" => "failed", "message" => "boom" }]])
      records.clear
      expect(event(pages.last).first).to eq("environments").or eq("reload")
    end

    it "ends its thread when the browser closes the connection" do
      before = Thread.list
      page = open_stream
      wait_until("the thread to start") { (Thread.list - before).any? }
      threads = Thread.list - before
      page.close
      wait_until("the thread to end") do
        start(SecureRandom.uuid)
        threads.none?(&:alive?)
      end
      @sockets.clear
    end

    it "does not wait for a page that does not read" do
      open_stream
      3.times do |round|
        1500.times { |number| start("id-#{round}-#{number}", title: "a" * 500) }
      end
      expect(records.page.first.id).to eq("id-2-1499")
    end
  end
end
