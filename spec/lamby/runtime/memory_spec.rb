# frozen_string_literal: true

# Clients decide how long an event is. If it does not fit into memory, the invocation fails and the process goes on.
RSpec.describe "An event that does not fit into memory" do
  include_context "with a Runtime API"

  it "is reported as Runtime.TruncatedEvent even if it has no Content-Length, and the next event is handled" do
    @process = RuntimeProcess.new(@api, <<~'RUBY')
      require "lamby"
      size = File.read("/proc/self/statm").to_i * 4096
      Process.setrlimit(:AS, size + 128 * 1024 * 1024)
      Lamby.config.rack_app = ->(_env) { [200, {}, ["well"]] }
    RUBY
    @api.fault("/invocation/next") do |exchange|
      invocation = @api.take_next
      exchange.socket.write("#{reply_head(invocation)}Transfer-Encoding: chunked\r\n\r\n")
      chunk = "100000\r\n#{"x" * 0x100000}\r\n"
      400.times { exchange.socket.write(chunk) }
    rescue SystemCallError
      exchange.close # The runtime has closed the connection.
    end
    lost = @api.invoke(JSON.generate(http_event)).wait
    expect(JSON.parse(lost.body)).to include("errorType" => "Runtime.TruncatedEvent", "errorMessage" => end_with("did not arrive whole: out of memory"))
    expect(@api.invoke(JSON.generate(http_event)).wait.body).to include("well")
  end
end

RSpec.describe "The garbage of an event or a response" do
  include_context "with a runtime"

  # Responds with the number of garbage collections so far, padded with spaces to the length in the path.
  counting = <<~RUBY
    require "lamby"
    Lamby.config.rack_app = lambda do |env|
      env["rack.input"].read
      [200, { "content-type" => "text/plain" }, [GC.count.to_s.rjust(env["PATH_INFO"].delete("/").to_i)]]
    end
  RUBY

  def collections(bytes = 10, **request)
    get("/#{bytes}", **request).strip.to_i
  end

  before { start(counting) }

  it "is collected before the next event if the event was larger than 1 MB" do
    before = collections
    collections(body: "x" * 2_000_000, method: "POST")
    expect(collections).to be > before
  end

  it "is collected before the next event if the response was larger than 1 MB" do
    before = collections(2_000_000)
    expect(collections).to be > before
  end

  it "is not collected after each small event" do
    expect(Array.new(20) { collections }.uniq.size).to be < 10
  end

  it "does not accumulate over twenty large events" do
    2.times { collections(4_000_000, body: "x" * 4_000_000, method: "POST") }
    after_two = @process.resident
    18.times { collections(4_000_000, body: "x" * 4_000_000, method: "POST") }
    expect((@process.resident - after_two) / 4_000_000.0).to be < 4
  end
end
