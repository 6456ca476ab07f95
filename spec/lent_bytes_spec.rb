# frozen_string_literal: true

# No code of the application may run while the extension uses a string's bytes. It could free them, and a client would
# get the bytes of other strings.
RSpec.describe "The native extension, which reads and writes the bytes of Ruby strings in place," do
  # Prints the bodies that were not what the application returned.
  def wrong_bodies(code)
    in_a_process(<<~RUBY)
      SIZE = 1_000_000
      $junk = []
      def spoil
        $chunk.replace("")
        10.times { $junk << "SECRET" * SIZE }
        $junk.clear if $junk.size > 50
      end
      #{code}
      event = { "rawPath" => "/", "requestContext" => { "http" => { "method" => "GET" }, "domainName" => "x.lambda-url.eu-west-1.on.aws" } }
      bodies = [event, JSON.generate(event)].flat_map do |it|
        Array.new(10) do
          $chunk = Chunk.new("A" * SIZE)
          payload = Lamby.handler(->(_) { [200, headers, [$chunk]] }, it, context)
          payload.is_a?(String) ? JSON.parse(payload)["body"] : payload[:body]
        end
      end
      puts JSON.generate(bodies.map { |body| body[0, 10] unless body == "A" * SIZE }.compact)
    RUBY
  end

  methods = {
    "its class's ==" => "class Chunk < String; def self.==(other) = (spoil; false); end",
    "its class's equal?, hash and name" => "class Chunk < String; class << self; def equal?(_) = spoil; def hash = (spoil; 1); def name = (spoil; 'x'); end; end",
    "its own methods" => "class Chunk < String; %i[to_s to_str bytesize bytes length encoding valid_encoding? == hash inspect frozen? dup].each { |it| define_method(it) { |*| spoil; 'x' } }; end"
  }
  methods.each do |what, code|
    it "sends the body's own bytes where the application has defined #{what}" do
      expect(wrong_bodies("#{code}\nheaders = { 'content-type' => 'text/plain' }")).to eq([])
    end
  end

  it "reads the body after it has called to_s on the values of headers" do
    # What the application does before its body is read is its own decision.
    expect(wrong_bodies(<<~RUBY)).to all(eq(""))
      Chunk = String
      value = Object.new
      def value.to_s = (spoil; "x")
      headers = { "x-spoil" => value }
    RUBY
  end

  it "reads the event's own bytes where a garbage collection moves strings", if: GC.respond_to?(:compact) do
    results = in_a_process(<<~RUBY)
      event = { "rawPath" => "/short", "headers" => { "x-a" => "b" }, "requestContext" => { "http" => { "method" => "GET" } } }
      seen = Array.new(50) do
        env = nil
        Lamby.handler(->(it) { env = it; GC.compact; [200, {}, []] }, JSON.parse(JSON.generate(event)), context)
        env.values_at("PATH_INFO", "HTTP_X_A")
      end
      puts JSON.generate(seen.uniq)
    RUBY
    expect(results).to eq([["/short", "b"]])
  end

  it "hides a long event from other threads until it has arrived" do
    found, length, start = in_a_process(<<~RUBY)
      require "socket"
      require "lamby/runtime"
      SIZE = 4_000_000
      server = TCPServer.new("127.0.0.1", 0)
      Thread.new do
        socket = server.accept
        socket.readpartial(4096)
        socket.write("HTTP/1.1 200 OK\\r\\nLambda-Runtime-Aws-Request-Id: a\\r\\nContent-Length: \#{SIZE}\\r\\n\\r\\n")
        20.times { socket.write("{" * (SIZE / 20)) && sleep(0.02) }
        sleep
      end
      found = 0
      reading = true
      changer = Thread.new do
        while reading
          ObjectSpace.each_object(String) { |string| (found += 1) && string.replace("gone") if reading && string.bytesize == SIZE && !string.frozen? }
          sleep 0.005
        end
      end
      Lamby.module_eval("CLIENT = Native::RuntimeClient")
      client = Lamby::CLIENT.new("127.0.0.1:\#{server.addr[1]}", "a")
      event = client.next[0]
      reading = false
      changer.join
      puts JSON.generate([found, event.bytesize, event[0, 4]])
    RUBY
    expect([found, length, start]).to eq([0, 4_000_000, "{{{{"])
  end

  it "raises an error, and does not abort the process, where memory is used up" do
    results = in_a_process(<<~RUBY)
      Process.setrlimit(:AS, File.read("/proc/self/statm").to_i * 4096 + 512 * 1024 * 1024)
      event = { "rawPath" => "/", "requestContext" => { "http" => { "method" => "GET" }, "domainName" => "x.lambda-url.eu-west-1.on.aws" } }
      chunk = "x" * 50_000_000
      bodies = { several: [chunk] * 60, one: [chunk * 4], headers: [] }
      results = bodies.map do |name, body|
        headers = name == :headers ? { "x" => chunk * 4 } : { "content-type" => "text/plain" }
        Lamby.handler(->(_) { [200, headers, body] }, event, context)
        "no error"
      rescue Lamby::ResponseTooLarge, NoMemoryError => e
        e.class.name
      end
      results << Lamby.handler(->(_) { [200, {}, ["well"]] }, event, context)[:body]
      puts JSON.generate(results)
    RUBY
    expect(results).to match([eq("Lamby::ResponseTooLarge"), be_in_errors, be_in_errors, "well"])
  end

  def be_in_errors
    satisfy { |it| %w[Lamby::ResponseTooLarge NoMemoryError].include?(it) }
  end
end
