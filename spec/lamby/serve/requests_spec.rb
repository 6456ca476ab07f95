# frozen_string_literal: true

# Runs `lamby serve`, and sends requests over HTTP.
RSpec.describe "lamby serve" do
  after { ServeProcess.started.dup.each(&:stop) }

  def serve(...) = ServeProcess.new(...)

  Lamby::Simulator.integrations.each do |integration|
    it "sends a request through #{integration} to the application, and its response to the client" do
      server = serve("--integration", integration.to_s)
      echo = server.echo("POST", "/a%20b/c?x=1&x=2", body: "caf\xC3\xA9\xFF".b, headers: { "x-custom" => "yes", "cookie" => "a=1; b=2" })
      # A load balancer without multi-value headers is simulated without the order of parameters.
      expect(echo).to include(
        "method" => "POST", "script_name" => "", "path" => "/a%20b/c", "query" => "x=1&x=2", "body" => "caf\xC3\xA9\xFF".bytes.sum,
        "host" => "localhost:#{server.port}", "custom" => "yes", "cookie" => "a=1; b=2", "scheme" => "http"
      )
      response = server.request("GET", "/binary")
      expect(response.code).to eq("201")
      expect(response.body.b).to eq("\x89PNG\0".b)
      expect(response.to_hash).to include("content-type" => ["image/png"], "set-cookie" => ["b=2"])
      expect(server.request("HEAD", "/binary").body).to be_nil
    end
  end

  it "tells the application what Lambda tells it: environment, request id, deadline and trace" do
    server = serve("--timeout", "20", "--memory", "512")
    echo = server.echo
    expect(echo["environment"]).to include(
      "AWS_LAMBDA_FUNCTION_NAME" => "local", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "512", "LAMBDA_TASK_ROOT" => server.folder,
      "TZ" => ":UTC", "_HANDLER" => "app.Lamby.cmd", "AWS_LAMBDA_LOG_STREAM_NAME" => %r{\A\d{4}/\d\d/\d\d/\[\$LATEST\]\h{32}\z}
    )
    expect(echo["request_id"]).to match(/\A\h{8}(-\h{4}){3}-\h{12}\z/)
    expect(echo["trace"]).to match(/\ARoot=1-\h{8}-\h{24};Parent=\h{16};Sampled=0\z/)
    expect(echo["left"]).to be_between(1, 20_000)
    expect(server.echo["request_id"]).not_to eq(echo["request_id"])
  end

  describe "with a stage" do
    it "serves the URLs of a REST API's own domain" do
      server = serve("--integration", "rest_api", "--stage", "prod")
      expect(server.url).to end_with("/prod/")
      echo = server.echo("GET", "/prod/orders?page=2")
      expect(echo).to include("script_name" => "", "path" => "/orders", "query" => "page=2")
      expect(echo["event"]["requestContext"]).to include("path" => "/prod/orders", "stage" => "prod")
      expect(echo["event"]).to include("path" => "/orders", "pathParameters" => { "proxy" => "orders" })
      response = server.request("GET", "/orders")
      expect([response.code, response.body]).to eq(["403", '{"message":"Missing Authentication Token"}'])
      expect(server.request("GET", "/")["location"]).to eq("/prod/")
    end

    { "http_api_v2" => "rawPath", "http_api_v1" => "path" }.each do |integration, field|
      it "serves the URLs of an HTTP API's own domain through #{integration}" do
        server = serve("--integration", integration, "--stage", "prod")
        echo = server.echo("GET", "/prod/orders")
        expect(echo).to include("script_name" => "", "path" => "/orders")
        expect(echo["event"]).to include(field => "/prod/orders")
        expect(server.request("GET", "/production").code).to eq("404")
      end
    end
  end

  describe "with a base path" do
    { "rest_api" => "/shop", "http_api_v1" => "/shop", "http_api_v2" => "" }.each do |integration, script_name|
      it "serves the URLs of a custom domain through #{integration}" do
        server = serve("--integration", integration, "--base-path", "/shop")
        expect(server.echo("GET", "/shop/orders")).to include("script_name" => script_name, "path" => "/orders")
      end
    end
  end

  describe "with --streaming" do
    it "sends each chunk when the application has written it" do
      server = serve("--streaming")
      server.open("/stream") do |socket|
        expect(socket.gets("\r\n\r\n")).to start_with("HTTP/1.1 200 OK").and match(/^set-cookie: a=1/i)
        3.times do |number|
          expect([socket.gets.to_i(16), socket.gets]).to eq([8, "chunk #{number}\n"])
          socket.gets
          server.write("continue-#{number + 1}")
        end
        expect(socket.gets).to eq("0\r\n")
      end
      server.until_log("streamed")
    end

    it "closes the connection of a response that fails, so that the client notices it" do
      server = serve("--streaming", "--integration", "rest_api")
      server.write("continue-1")
      server.open("/stream/fail", "connection" => "close") do |socket|
        expect(socket.read).to include("chunk 1\n").and(satisfy { |response| !response.include?("\r\n0\r\n") })
      end
      server.until_log(/GET .*in the middle/)
      expect(server.echo["path"]).to eq("/")
    end

    it "does not regard a client as disconnected if it has sent a HEAD request" do
      server = serve("--streaming")
      20.times { expect(server.request("HEAD", "/stream").code).to eq("200") }
      wait_until("the log", processes: []) { server.log.scan("200 HEAD").size == 20 }
      expect(server.log.scan(/, streamed/).size).to eq(20)
    end

    it "goes on without a client that has disconnected" do
      server = serve("--streaming")
      server.open("/stream/large") { |socket| socket.gets("xxx") }
      expect(server.echo["path"]).to eq("/")
      expect(server.log).to include("the client disconnected")
    end

    it "makes the function wait for a client that reads slowly, and needs no more memory" do
      server = serve("--streaming")
      server.echo
      before = server.resident
      server.open("/stream/large", "connection" => "close") do |socket|
        server.until_file("written")
        # The file is empty while the application writes it.
        written = -> { wait_until("the number of chunks", processes: []) { Integer(File.read("#{server.folder}/written"), exception: false) } }
        wait_until("the function to wait", processes: []) { (before_pause = written.call) && sleep(0.3) && written.call == before_pause }
        expect(written.call).to be <= 300
        expect(server.resident - before).to be < 24 * 1024 * 1024
        expect(socket.read.split("\r\n\r\n", 2).last.count("x")).to eq(60_000_000)
      end
    end
  end

  it "stops the process between invocations with --freeze" do
    server = serve("--freeze")
    pid = server.echo["pid"]
    state = -> { File.read("/proc/#{pid}/stat")[/\) (\w)/, 1] }
    wait_until("the process to be stopped", processes: []) { state.call == "T" }
    expect(server.echo["pid"]).to eq(pid)
    wait_until("the process to be stopped", processes: []) { state.call == "T" }
    server.interrupt
    expect(File.exist?("/proc/#{pid}")).to be(false)
  end

  it "lets a second request wait for the environment, as long as no limit is set" do
    server = serve
    first = Thread.new { server.request("GET", "/wait").body }
    server.until_file("waiting")
    second = Thread.new { server.echo }
    server.write("continue")
    expect(first.value).to eq("waited")
    expect(second.value["path"]).to eq("/")
  end

  it "handles several requests in as many environments, and refuses more, with --concurrency" do
    server = serve("--concurrency", "2")
    waiting = Thread.new { server.request("GET", "/wait").body }
    server.until_file("waiting")
    first = server.echo["pid"]
    FileUtils.rm("#{server.folder}/waiting")
    another = Thread.new { server.request("GET", "/wait").body }
    server.until_file("waiting")
    refused = server.request
    expect([refused.code, refused.body]).to eq(["429", '{"message":"Too Many Requests"}'])
    server.write("continue")
    expect([waiting.value, another.value]).to eq(%w[waited waited])
    expect(first).to be_an(Integer)
  end

  describe "for requests of other websites" do
    it "refuses a host that is not a name of this machine, as with DNS rebinding" do
      server = serve
      ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::2]", "localhost@evil.example"].each do |host|
        response = server.request("GET", "/", headers: { "host" => host })
        expect([host, response.code]).to eq([host, host.empty? ? response.code : "403"])
        expect(response.code).not_to eq("200")
      end
    end

    it "accepts each name of this machine, and those of --host" do
      server = serve("--host", "lvh.me")
      ["localhost", "LOCALHOST:3000", "shop.localhost", "127.0.0.1", "[::1]:#{server.port}", "lvh.me:#{server.port}"].each do |host|
        expect([host, server.request("GET", "/", headers: { "host" => host }).code]).to eq([host, "200"])
      end
    end

    it "refuses an origin that is another website" do
      server = serve
      codes = ["https://evil.example", "null", "http://localhost.evil.example", "not a url", "http://localhost:5173"].map do |origin|
        server.request("POST", "/", headers: { "origin" => origin }, body: "").code
      end
      expect(codes).to eq(%w[403 403 403 403 200])
      expect(server.request("POST", "/", headers: { "origin" => "https://login.example" }, body: "").body).to include("--host login.example accepts it")
      server = serve("--host", "login.example")
      expect(server.request("POST", "/", headers: { "origin" => "https://login.example" }, body: "").code).to eq("200")
    end
  end

  # A browser sends the address in the header Host.
  { "0.0.0.0" => "localhost", "::" => "localhost", "::1" => "[::1]", "localhost" => "localhost" }.each do |address, host|
    it "prints a URL that works with --bind #{address}" do
      skip "this machine has no IPv6" if address.include?(":") && Socket.ip_address_list.none?(&:ipv6_loopback?)
      server = serve("--bind", address)
      url = URI(server.url)
      expect(url.host).to eq(host)
      expect(server.request("GET", "/", host: url.hostname, headers: { "host" => "#{url.host}:#{url.port}" }).code).to eq("200")
    end
  end

  it "does not start if another program has the same port at ::1, which \"localhost\" may mean" do
    skip "this machine has no IPv6" if Socket.ip_address_list.none?(&:ipv6_loopback?)
    TCPServer.open("::1", 0) do |other|
      server = serve("--port", other.addr[1].to_s)
      wait_until("the end of the server", processes: []) { server.ended? }
      expect(server.log).to include("port #{other.addr[1]} is in use: end the program that uses it, or set --port")
    end
  end

  it "listens on both addresses of this machine, and on no other" do
    server = serve
    hosts = ["127.0.0.1"]
    hosts << "::1" if Socket.ip_address_list.any?(&:ipv6_loopback?)
    expect(hosts.map { |host| server.request("GET", "/", host: host).code }.uniq).to eq(["200"])
    addresses = Dir["/proc/net/tcp{,6}"].flat_map { |file| File.readlines(file) }.filter_map { |line| line.split[1] if line.split[3] == "0A" }
    mine = addresses.select { |address| address.end_with?(format(":%04X", server.port)) }
    expect(mine).to all(match(/\A(?:0100007F|00000000000000000000000001000000):/))
  end

  it "keeps no files open for processes that have ended" do
    server = serve
    server.echo
    files = -> { Dir.children("/proc/#{server.pid}/fd").size }
    before = files.call
    10.times { server.request("GET", "/exit") }
    server.echo
    wait_until("the files to be closed", processes: []) { files.call <= before + 2 }
  end

  it "ends with Ctrl-C, and its processes end too" do
    server = serve("--concurrency", "2")
    pid = server.echo["pid"]
    expect(server.interrupt.exitstatus).to eq(0)
    expect(File.exist?("/proc/#{pid}")).to be(false)
  end

  it "ends with Ctrl-C while a process that was replaced after a change still handles a request" do
    server = serve("--timeout", "300")
    old = server.echo["pid"]
    waiting = Thread.new { server.request("GET", "/wait").code }
    server.until_file("waiting")
    server.write("app.rb", "VERSION = 2\n#{SpecApps.source(:serve)}")
    expect(server.echo["version"]).to eq(2)
    expect(server.interrupt.exitstatus).to eq(0)
    expect(waiting.value).to eq("502")
    expect(File.exist?("/proc/#{old}")).to be(false)
  end

  # Puma waits 30 seconds for the rest of a request.
  it "ends with Ctrl-C while clients send or read slowly" do
    server = serve("--streaming", "--timeout", "300")
    server.open("/stream/large") do |reader|
      reader.gets
      server.until_file("written")
      TCPSocket.open("127.0.0.1", server.port) do |sender|
        sender.write("GET / HT")
        started = Waiting.now
        expect(server.interrupt.exitstatus).to eq(0)
        expect(Waiting.now - started).to be < 25
      end
    end
  end

  it "does not wait for a process that ignores SIGTERM after a second Ctrl-C" do
    server = serve(code: "trap(%(TERM)) { File.write(%(terminating), %()) }\n#{SpecApps.source(:serve)}")
    pid = server.echo["pid"]
    Process.kill("INT", server.pid)
    server.until_file("terminating")
    expect(server.interrupt.exitstatus).to eq(0)
    expect(File.exist?("/proc/#{pid}")).to be(false)
  end
end
