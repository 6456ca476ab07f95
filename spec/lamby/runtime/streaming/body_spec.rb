# frozen_string_literal: true

require "zlib"

RSpec.describe "A streamed response" do
  include_context "with a streaming runtime"

  app = SpecApps.source(:streamed_responses)

  describe "with each kind of Rack body" do
    before { start(app) }

    it "sends a chunk as soon as the body's each method yields it, before the next chunk is made" do
      invocation = invoke("/each")
      expect(chunk_of(invocation)).to end_with("\0" * 8)
      expect(chunk_of(invocation)).to eq("first")
      go_on("second")
      expect(chunk_of(invocation)).to eq("second")
      expect(parts(invocation.wait).last).to eq("firstsecond")
      until_log("body closed")
    end

    it "sends status and headers before the body yields its first chunk" do
      invocation = invoke("/prelude")
      expect(JSON.parse(chunk_of(invocation).delete("\0"))).to include("statusCode" => 200)
      go_on("first")
      expect(parts(invocation.wait).last).to eq("late")
    end

    it "lets a streaming body write, flush, and close" do
      invocation = invoke("/call")
      chunk_of(invocation)
      written = chunk_of(invocation)
      written += chunk_of(invocation) until written == "abc"
      go_on("second")
      expect(parts(invocation.wait).last).to eq("abcd")
    end

    it "waits for a streaming body that writes in another thread" do
      expect(body("/thread")).to eq("012")
    end

    it "lets a streaming body read the request's body, and close the stream" do
      expect(body("/echo", method: "POST", body: "shout")).to eq("SHOUT")
      until_log("closed: true")
    end

    it "raises an IOError in code that writes after the stream is closed" do
      expect(body("/closed")).to eq("")
      until_log("rescued Lamby::Runtime::StreamClosed")
    end

    it "sends the file that to_path names, and does not call the method each" do
      bytes = Random.new(3).bytes(1_000_000)
      File.binwrite("#{@process.folder}/file.bin", bytes)
      expect(body("/file")).to eq(bytes)
    end

    it "does not use the default value of the headers Hash as rack.hijack" do
      expect(body("/default")).to eq("ok")
    end

    it "calls a response's rack.hijack with the stream" do
      expect(body("/hijack")).to eq("hijacked")
    end

    it "combines small chunks that the body yields in quick succession" do
      invocation = invoke("/tiny")
      expect(parts(invocation.wait).last).to eq(Array.new(2_000) { |i| "#{i}\n" }.join)
      expect(invocation.chunks.size).to be < 200
    end
  end

  it "passes Rack::Lint" do
    start("require \"uri\"\nrequire \"rack\"\nrequire \"rack/lint\"\n#{app}Lamby.config.rack_app = Rack::Lint.new(Lamby.config.rack_app)\n")
    go_on("second")
    # Rack::Lint of Rack 2 does not accept streaming bodies.
    paths = { "/array" => "one two", "/each" => "firstsecond", "/hijack" => "hijacked" }
    paths.merge!("/call" => "abcd", "/thread" => "012") if Rack.release >= "3"
    expect(paths.keys.to_h { |path| [path, body(path)] }).to eq(paths)
  end

  it "may be compressed by Rack::Deflater, chunk by chunk" do
    start("require \"rack\"\nrequire \"rack/deflater\"\n#{app}Lamby.config.rack_app = Rack::Deflater.new(Lamby.config.rack_app, sync: true)\n")
    invocation = @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: "/each", headers: { "accept-encoding" => "gzip" })))
    expect(JSON.parse(chunk_of(invocation).delete("\0"))["headers"].transform_keys(&:downcase)).to include("content-encoding" => "gzip")
    inflate = Zlib::Inflate.new(Zlib::MAX_WBITS + 16)
    first = +""
    first << inflate.inflate(chunk_of(invocation)) until first == "first"
    go_on("second")
    invocation.wait
    first << inflate.inflate(chunk_of(invocation)) until invocation.chunks.empty?
    expect(first).to eq("firstsecond")
  end

  it "is followed by the callbacks in rack.response_finished" do
    start(app)
    expect(body("/after")).to eq("ok")
    until_log("finished: nil")
  end

  it "does not delay other streamed responses of the same process" do
    start("#{app}Lamby.config.workers = 1\n", "LAMBY_CONCURRENCY" => "3")
    invocations = Array.new(3) { invoke("/each") }
    invocations.each { |it| 2.times { chunk_of(it) } }
    go_on("second")
    expect(invocations.map { |it| parts(it.wait).last }).to eq(["firstsecond"] * 3)
  end
end
