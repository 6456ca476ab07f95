# frozen_string_literal: true

require "digest"
require "lamby/local"

# The example application in AWS's own emulator, as a process that knows nothing of
# these specs: `CMD ["config/environment.Lamby.cmd"]`.
RSpec.describe "In AWS's Lambda emulator" do
  root = File.expand_path("../..", __dir__)
  rails = Gem::Specification.any? { |specification| specification.name == "rails" }

  before(:all) do
    @emulator = Emulator.new(
      RbConfig.ruby, "-I", "#{root}/lib", "#{root}/spec/support/runtime_client.rb", "config/environment.Lamby.cmd",
      folder: "#{root}/examples/#{rails ? "rails" : "rack"}"
    )
  end

  after(:all) { @emulator&.stop }

  after { |example| puts @emulator.log if example.exception }

  def ask(integration, **request)
    answer = @emulator.invoke(Lamby::Local.event(integration, **request))
    expect(answer.code).to eq("200")
    Lamby::Local.answer(integration, answer.body)
  end

  Lamby::Local.integrations.each do |integration|
    it "the application answers #{integration}" do
      response = ask(integration, url: "https://example.com/", source_ip: "203.0.113.9")
      expect(response).to have_attributes(status: 200, body: include("Hello from #{rails ? "Rails" : "Rack"}"))
    end
  end

  if rails
    it "an upload of 4 MB arrives byte for byte" do
      bytes = Random.new(5).bytes(4_000_000)
      body = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n".b + bytes + "\r\n--x--\r\n".b
      response = ask(:http_api_v2, method: "POST", url: "https://example.com/upload", body: body, headers: { "content-type" => "multipart/form-data; boundary=x" })
      expect(JSON.parse(response.body)).to include("size" => 4_000_000, "sha256" => Digest::SHA256.hexdigest(bytes))
    end

    it "a download arrives byte for byte, with Lambda's request id" do
      response = ask(:function_url, url: "https://example.com/download/data")
      expect(response.body).to eq((0..255).to_a.pack("C*") * 16)
      expect(response["x-request-id"]).to match(/\A\h{8}-\h{4}-/)
    end
  end

  it "an event that nobody handles fails the invocation, and the next one is answered" do
    answer = @emulator.invoke('{"Records":[{"eventSource":"aws:sqs"}]}')
    expect(JSON.parse(answer.body)).to include("errorType" => "Function.LambyUnhandledEvent", "errorMessage" => include("an Amazon SQS batch"))
    expect(ask(:alb, url: "https://example.com/")).to have_attributes(status: 200)
  end

  it "an event that cannot be read fails the invocation, and the next one is answered" do
    answer = @emulator.invoke('{"version":"2.0","requestContext":{"http":{"method":5.5e3}},"rawPath":[]}')
    expect(JSON.parse(answer.body)).to include("errorType" => "Function.LambyInvalidEvent", "errorMessage" => include("rawPath"))
    expect(ask(:alb, url: "https://example.com/")).to have_attributes(status: 200)
  end

  it "events and answers cross as bytes: the client parses none" do
    ask(:rest_api, url: "https://example.com/")
    expect(@emulator.log).not_to include("an event was parsed by the client")
  end
end
