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

  it "answers the event that is posted to it, with the context that comes along" do
    context = { "aws_request_id" => "id-1", "function_name" => "shop" }
    expect(post(JSON.generate(event: http_event(path: "/orders"), context: context))).to match(
      [200, include("statusCode" => 200, "body" => "/orders id-1 shop")]
    )
    expect(post(JSON.generate(event: http_event), type: "application/json; charset=utf-8")).to match([200, include("statusCode" => 200)])
  end

  it "says what it wants where it gets something else" do
    expect(post("", method: "GET")).to match([405, { "error" => /\APOST \{"event"/ }])
    expect(post("a=1", type: "application/x-www-form-urlencoded").first).to eq(415)
    expect(post("[]")).to match([400, { "error" => /\APOST/ }])
    expect(post("{")).to match([400, { "error" => /not JSON/ }])
  end

  it "has a context that answers what it was given, and nothing else" do
    context = Lamby::ProxyContext.new("memory_limit_in_mb" => "512")
    expect([context.memory_limit_in_mb, context.aws_request_id]).to eq(["512", nil])
    expect { context.function_name }.to raise_error(NoMethodError)
  end

  rails = Gem::Specification.any? { |it| it.name == "railties" } && Gem::Specification.any? { |it| it.name == "puma" }
  it "is run by a rake task of a Rails application", skip: ("there is no Rails, or no Puma" unless rails) do
    port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    log = Tempfile.new("proxy")
    pid = Process.spawn({ "LAMBY_PROXY_PORT" => port.to_s, "RUBYOPT" => nil }, RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "-S", "rake", "lamby:proxy_server",
                        chdir: "#{RuntimeProcess::ROOT}/examples/rails", out: log, err: log)
    answer = Timeout.timeout(30) do
      Net::HTTP.post(URI("http://127.0.0.1:#{port}/"), JSON.generate(event: http_event, context: {}), "Content-Type" => "application/json")
    rescue SystemCallError
      sleep 0.1
      retry
    end
    expect(JSON.parse(answer.body)).to include("statusCode" => 200, "body" => include("Hello from Rails"))
  ensure
    if pid
      Process.kill("KILL", pid)
      Process.wait(pid)
    end
  end
end
