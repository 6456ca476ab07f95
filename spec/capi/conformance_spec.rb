# frozen_string_literal: true

require_relative "../support/lib_lamby"

RSpec.describe "liblamby", :slow, :capi do
  def self.fixtures(folder)
    Dir[File.expand_path("../fixtures/#{folder}/*.json", __dir__)].to_h { |file| [File.basename(file, ".json"), JSON.parse(File.read(file))] }
  end

  request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
  requests = fixtures("requests")

  requests.each do |name, fixture|
    it "reads exactly the env and the body of the fixture #{name}" do
      env, body, integration = LibLamby.read(JSON.generate(fixture["event"]), request_id)
      expect(env).to eq(fixture["env"].transform_values(&:b))
      expect(body).to eq(fixture.fetch("body_base64", "").unpack1("m0"))
      expect(integration).to eq(fixture["integration"])
    end
  end

  fixtures("not_http").each do |name, fixture|
    it "refuses the fixture #{name}, which is not HTTP" do
      message = fixture["looks_like"] ? "looks like #{fixture["looks_like"]}," : "is not an HTTP request"
      expect { LibLamby.read(JSON.generate(fixture["event"]), "") }
        .to raise_error(LibLamby::Failure, /#{Regexp.escape(message)}/) { |failure| expect(failure.status).to eq(4) }
    end
  end

  # One event of each integration, for a GET and a HEAD request.
  events = requests.values.uniq { |fixture| fixture["integration"] }.to_h { |fixture| [fixture["integration"], fixture["event"]] }
  responses = {
    "text" => [200, [["content-type", "text/plain"]], "say \"hello\", ünïcödé\n\u0001"],
    "nine headers and two cookies" => [
      201, [
        %w[content-type text/html], %w[etag W/"1"], %w[cache-control private], %w[x-request-id 1], %w[x-runtime 0.1], %w[vary Accept],
        %w[x-frame-options DENY], %w[referrer-policy origin], %w[location /orders/1], ["set-cookie", "a=1; path=/"], ["set-cookie", "b=2"]
      ], "<p>hi</p>"
    ],
    "several values in lines" => [200, [["set-cookie", "a=1\nb=2"], ["x-a", "1\n2"]], ""],
    "binary" => [200, [["content-type", "image/png"]], "\x89PNG\0\xff".b],
    "compressed text" => [200, [["content-type", "text/plain"], ["content-encoding", "gzip"]], "\x1f\x8b\b\0".b],
    "chunks" => [200, [["transfer-encoding", "chunked"]], "5\r\nhello\r\n0\r\n\r\n"],
    "hop-by-hop headers" => [200, [["connection", "close"], ["keep-alive", "1"], ["x-a", "1"]], "a"],
    "no content" => [204, [["content-length", "0"]], ""],
    "a value that is not UTF-8" => [200, [["x-a", "caf\xe9".b]], "a"]
  }

  events.each do |integration, event|
    responses.each do |what, (status, headers, body)|
      it "makes the gem's payload for #{integration} from a response with #{what}" do
        json = JSON.generate(event)
        grouped = headers.group_by(&:first).transform_values { |pairs| pairs.map(&:last).join("\n") }
        gem = Lamby.handler(->(_env) { [status, grouped, [body]] }, json, nil)
        expect(LibLamby.write(json, status, headers, body)).to eq(gem.b)
      end
    end
  end

  it "names the sender of an event that is not HTTP, and no sender of an HTTP event" do
    expect(LibLamby.event_source('{"Records":[{"eventSource":"aws:sqs"}]}')).to eq("sqs")
    expect(LibLamby.event_source('{"order":1}')).to eq("direct")
    expect(LibLamby.event_source(JSON.generate(events["alb"]))).to eq("")
    expect(LibLamby.event_source("?")).to eq("")
  end

  it "reports what is wrong with a response, and makes no payload" do
    event = JSON.generate(events["alb"])
    {
      [99, [], ""] => [5, /status is 99; HTTP allows 100 to 999/],
      [200, [["x"]], ""] => [2, /end in the middle of a pair, 0 bytes before their end/],
      [200, [], "a" * 1_100_000] => [6, /1100000 bytes, more than the 1048576 bytes/]
    }.each do |response, (status, message)|
      expect { LibLamby.write(event, *response) }.to raise_error(LibLamby::Failure, message) { |failure|
        expect(failure.status).to eq(status)
      }
    end
  end
end
