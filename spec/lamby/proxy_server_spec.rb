# frozen_string_literal: true

require "net/http"
require "socket"

RSpec.describe Lamby::ProxyServer do
  before do
    Lamby.config.rack_app = lambda do |env|
      context = env["lambda.context"]
      [200, { "content-type" => "text/plain" }, ["#{env["PATH_INFO"]} #{context.aws_request_id} #{context.respond_to?(:function_name) && context.function_name}"]]
    end
  end

  def post(body, method: "POST", type: "application/json")
    response = Rack::MockRequest.new(Rack::Lint.new(described_class.new)).request(method, "http://localhost/", "CONTENT_TYPE" => type, input: body)
    [response.status, JSON.parse(response.body)]
  end

  it "responds with the payload to a POST of an event and a context" do
    context = { "aws_request_id" => "id-1", "function_name" => "shop" }
    expect(post(JSON.generate(event: http_event(path: "/orders"), context: context))).to match(
      [200, include("statusCode" => 200, "body" => "/orders id-1 shop")]
    )
    expect(post(JSON.generate(event: http_event), type: "application/json; charset=utf-8")).to match([200, include("statusCode" => 200)])
  end

  it "says which request it expects if it gets a different request" do
    expect(post("", method: "GET")).to match([405, { "error" => /\APOST \{"event"/ }])
    expect(post("a=1", type: "application/x-www-form-urlencoded").first).to eq(415)
    expect(post("[]")).to match([400, { "error" => /\APOST/ }])
    expect(post("{")).to match([400, { "error" => /not JSON/ }])
    expect(post("\xFF{".b)).to match([400, { "error" => /not JSON/ }])
  end

  describe "as a protection against DNS rebinding" do
    def status(host, origin: nil, hosts: [])
      headers = { "HTTP_HOST" => host, "HTTP_ORIGIN" => origin }.compact
      server = Rack::MockRequest.new(Rack::Lint.new(described_class.new(hosts: hosts)))
      response = server.post("/", headers.merge("CONTENT_TYPE" => "application/json", input: JSON.generate(event: http_event)))
      expect(response.body).to include(response.status == 200 ? "/" : "error")
      response.status
    end

    %w[localhost localhost:3000 LOCALHOST:3000 app.localhost:3000 127.0.0.1 127.0.0.1:3000 127.9.9.9:3000 [::1] [::1]:3000].each do |host|
      it "accepts requests for a loopback host: #{host}" do
        expect(status(host)).to eq(200)
        expect(status(host, origin: "http://#{host}")).to eq(200)
        expect(status(host, origin: "https://#{host}")).to eq(200)
        expect(status(host, origin: "http://attacker.example:3000")).to eq(403)
        expect(status(host, origin: "null")).to eq(403)
      end
    end

    ["attacker.example", "attacker.example:3000", "localhost.attacker.example", "notlocalhost", "127.0.0.1.attacker.example", "0.0.0.0:3000", "192.168.1.7:3000",
     "10.0.0.1", "[fe80::1]:3000", "x".*(300)].each do |host|
      it "rejects requests for another host, even from the same origin: #{host[0, 40]}" do
        expect(status(host)).to eq(403)
        expect(status(host, origin: "http://#{host}")).to eq(403)
      end
    end

    # Calls the server without Rack::Lint, which would reject these Host headers itself.
    ["localhost:3000@attacker.example", "attacker.example/localhost", "localhost:3000:80", "", " localhost", "localhost\xFF", "127.0.0.1/0"].each do |host|
      it "rejects an invalid Host header: #{host.inspect}" do
        env = Rack::MockRequest.env_for("/", "REQUEST_METHOD" => "POST", "CONTENT_TYPE" => "application/json", input: JSON.generate(event: http_event)).merge("HTTP_HOST" => host)
        expect(described_class.new.call(env).first).to eq(403)
      end
    end

    it "rejects an origin with another port" do
      expect(status("localhost:3000", origin: "http://localhost:3001")).to eq(403)
      expect(status("localhost:3000", origin: "http://localhost")).to eq(403)
    end

    it "accepts requests for configured hosts" do
      expect(status("app:3000", hosts: ["App", "192.168.1.7"])).to eq(200)
      expect(status("192.168.1.7:3000", hosts: ["App", " 192.168.1.7"])).to eq(200)
      expect(status("other:3000", hosts: ["App"])).to eq(403)
    end
  end

  it "accepts only application/json, which another site's form cannot send" do
    expect(["application/json-patch", "application/jsonp", "text/plain", "text/plain; application/json", ""].map { |type| post(JSON.generate(event: http_event), type: type).first }.uniq).to eq([415])
  end

  it "builds a context that has aws_request_id and a method for each given field, and raises NoMethodError for other fields" do
    context = Lamby::ProxyContext.new("memory_limit_in_mb" => "512")
    expect([context.memory_limit_in_mb, context.aws_request_id]).to eq(["512", nil])
    expect { context.function_name }.to raise_error(NoMethodError)
  end

  rails = Requirements.gem?("rails", "puma")
  it "runs with rake lamby:proxy_server in a Rails application", skip: ("there is no Rails, or no Puma" unless rails) do
    port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    log = Tempfile.new("proxy")
    pid = Process.spawn({ "LAMBY_PROXY_PORT" => port.to_s, "LAMBY_PROXY_HOSTS" => "other,app", "RUBYOPT" => nil }, RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "-S", "rake", "lamby:proxy_server",
                        chdir: "#{RuntimeProcess::ROOT}/examples/rails", out: log, err: log)
    uri = URI("http://127.0.0.1:#{port}/")
    answer = Timeout.timeout(Waiting::LIMIT) do
      Net::HTTP.post(uri, JSON.generate(event: http_event, context: {}), "Content-Type" => "application/json")
    rescue SystemCallError
      sleep 0.1
      retry
    end
    expect(JSON.parse(answer.body)).to include("statusCode" => 200, "body" => include("Hello from Rails"))
    statuses = %w[app attacker.example].map do |host|
      Net::HTTP.post(uri, JSON.generate(event: http_event), "Content-Type" => "application/json", "Host" => "#{host}:#{port}").code
    end
    expect(statuses).to eq(%w[200 403])
  ensure
    if pid
      Process.kill("KILL", pid)
      Process.wait(pid)
    end
  end
end
