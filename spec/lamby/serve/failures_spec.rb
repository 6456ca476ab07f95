# frozen_string_literal: true

# Makes invocations fail under `lamby serve`. Each failure gets the integration's response and a message, and the next
# request works.
RSpec.describe "lamby serve, when an invocation fails" do
  after { ServeProcess.started.dup.each(&:stop) }

  def serve(...) = ServeProcess.new(...)

  # Returns status and body as another client than a browser gets them.
  def refusal(server, path, **request)
    response = server.request("GET", path, **request)
    [response.code, response.body]
  end

  # The status of an error, a timeout and a throttled request. API Gateway's and the load balancer's differ.
  {
    "function_url" => %w[502 504 429], "http_api_v2" => %w[500 500 503], "http_api_v1" => %w[500 500 503], "rest_api" => %w[502 502 500],
    "alb" => %w[502 502 502], "alb_multi_value" => %w[502 502 502], "vpc_lattice_v1" => %w[502 504 429], "vpc_lattice_v2" => %w[502 504 429]
  }.each do |integration, (error, timeout, throttled)|
    it "responds with the statuses of #{integration}" do
      server = serve("--integration", integration, "--timeout", "1", "--concurrency", "1")
      expect(server.request("GET", "/raise").code).to eq(error)
      sleeping = Thread.new { server.request("GET", "/sleep").code }
      server.until_file("sleeping")
      expect(server.request.code).to eq(throttled)
      expect(sleeping.value).to eq(timeout)
      expect(server.echo["path"]).to eq("/")
    end
  end

  it "reports an exception with its place in the application" do
    server = serve
    expect(refusal(server, "/raise")).to eq(["502", "Internal Server Error"])
    server.until_log("Function.ArgumentError: there is no <order>\n  #{server.folder}/app.rb:")
    expect(server.log).to include("GET /raise: the function raised an exception: Function.ArgumentError: there is no <order>")
    expect(server.log).not_to include("errorType")
  end

  it "shows a browser what was wrong, with everything escaped, and without scripts" do
    server = serve
    response = server.request("GET", "/raise?%3Cscript%3E", headers: { "accept" => "text/html,*/*" })
    expect(response.code).to eq("502")
    expect(response["content-type"]).to start_with("text/html")
    expect(response["content-security-policy"]).to start_with("default-src 'none'")
    expect(response.body).to include("there is no &lt;order&gt;", "app.rb:", "function_url, status 502", "Internal Server Error")
    expect(response.body).not_to match(/<order>|<script/)
  end

  it "starts the process again after it has ended in an invocation" do
    server = serve
    before = server.echo["pid"]
    expect(refusal(server, "/exit").first).to eq("502")
    server.until_log("the process ended with status 3")
    expect(refusal(server, "/kill").first).to eq("502")
    server.until_log("the process ended with signal KILL")
    expect(server.echo["pid"]).not_to eq(before)
  end

  it "starts another process for a request after the process has ended, even if a process that it forked goes on" do
    server = serve("--timeout", "5")
    pid = server.echo["pid"]
    server.request("GET", "/fork")
    server.until_file("forked")
    Process.kill("KILL", pid)
    wait_until("the end of the process", processes: []) { !File.exist?("/proc/#{pid}") }
    expect(server.echo["pid"]).not_to eq(pid)
  ensure
    server.write("continue")
  end

  it "kills the process after the timeout" do
    server = serve("--timeout", "1")
    pid = server.echo["pid"]
    expect(refusal(server, "/sleep")).to eq(["504", '{"message":"Gateway Timeout"}'])
    server.until_log("Task timed out after 1.00 seconds")
    expect(server.echo["pid"]).not_to eq(pid)
    expect(File.exist?("/proc/#{pid}")).to be(false)
  end

  it "refuses a payload that is not a response" do
    server = serve("app.malformed")
    expect(refusal(server, "/").first).to eq("502")
    server.until_log("the integration cannot read what the function returned")
  end

  it "refuses a response that is streamed, if the integration does not stream" do
    server = serve(environment: { "LAMBY_INVOKE_MODE" => "buffered" }, code: <<~RUBY)
      require "lamby"
      Lamby.configure do |config|
        config.invoke_mode = :response_stream
        config.rack_app = ->(_env) { [200, {}, ["text"]] }
      end
    RUBY
    expect(refusal(server, "/").first).to eq("502")
    server.until_log("start \"lamby serve --streaming\"")
  end

  describe "because of sizes" do
    it "refuses a request that is larger than Lambda accepts, without reading it into memory" do
      server = serve
      server.echo
      before = server.resident
      expect(server.request("POST", "/", body: "x" * 250_000_000).code).to eq("413")
      expect(server.resident - before).to be < 125_000_000
      server.until_log("the event is larger than the integration accepts")
      expect(server.request("POST", "/", body: "\xFF".b * 4_800_000).code).to eq("413")
      expect(server.echo("POST", "/", body: "x" * 4_000_000)["body"]).to eq("x".ord * 4_000_000)
    end

    it "refuses a request of more than 1 MB to a load balancer" do
      server = serve("--integration", "alb")
      expect(server.request("POST", "/large?size=1", body: "x" * ((1024 * 1024) + 1)).code).to eq("413")
      expect(server.request("POST", "/large?size=1", body: "x" * 1024 * 1024).code).to eq("200")
    end

    it "refuses a response that is larger than the integration accepts" do
      server = serve
      expect(refusal(server, "/large?size=6500000").first).to eq("502")
      server.until_log("LambyResponseTooLarge")
      server = serve("app.oversized", "--integration", "alb")
      expect(refusal(server, "/").first).to eq("502")
      server.until_log("alb accepts 1048576")
    end
  end

  it "refuses a request without a path, which no integration sends" do
    server = serve
    socket = TCPSocket.new("127.0.0.1", server.port)
    socket.write("OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    expect(socket.read).to start_with("HTTP/1.1 400")
    server.until_log('the path "*" does not begin with a slash')
  end

  it "reports an application that does not start, and starts it as soon as it can" do
    server = serve(code: "require 'lamby'\nraise 'no <database>'")
    server.until_log("the application did not start: Function.RuntimeError: no <database>")
    expect(refusal(server, "/").first).to eq("502")
    page = server.request("GET", "/", headers: { "accept" => "text/html" }).body
    expect(page).to include("no &lt;database&gt;", "app.rb:2")
    server.write("app.rb", SpecApps.source(:serve))
    expect(server.echo["path"]).to eq("/")
  end

  it "shows the output of a process that ended without a report" do
    server = serve(code: "puts 'no such setting: COLOR'\n$stdout.flush\nexit! 7")
    page = server.request("GET", "/", headers: { "accept" => "text/html" }).body
    expect(page).to include("the process ended with status 7", "no such setting: COLOR")
  end

  it "goes on when the disk for uploads is full" do
    folder = Dir.mktmpdir
    unless system("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder, out: File::NULL, err: File::NULL)
      Dir.rmdir(folder)
      skip "only root can mount a file system"
    end
    begin
      server = serve(environment: { "TMPDIR" => folder })
      # Puma writes large bodies to a file.
      response = begin
        server.request("POST", "/", body: "x" * 3_000_000).code
      rescue EOFError, SystemCallError
        "closed"
      end
      expect(response).to eq("500").or eq("closed")
      server.until_log("No space left on device")
      expect(server.echo["path"]).to eq("/")
      server.stop
    ensure
      system("umount", folder)
      Dir.rmdir(folder)
    end
  end

  it "does not let a client write control characters to the terminal" do
    server = serve(code: <<~'RUBY')
      require "lamby"
      Lamby.config.rack_app = lambda do |env|
        puts "\e[31mred\e[0m \e]0;line\a"
        raise "first \e]0;message\a\nsecond \e[8mhidden"
      end
    RUBY
    server.request("GET", "/%1b]0;title%07")
    server.open("/\e]0;raw", "connection" => "close", &:read)
    server.open("/", "transfer-encoding" => "chunked") { |socket| socket.write("\e]0;chunk\a\r\n\r\n") && socket.read }
    server.write("\e]0;name\a.rb")
    server.until_log(/\]0;name.*changed/)
    expect(server.log).to include("\e[31mred\e[0m \\e]0;line\\a", "RuntimeError: first \\e]0;message\\a\nsecond \\e[8mhidden")
    expect(server.log.gsub(/\e\[(?:31|0)m/, "")).not_to match(/[\e\a]/)
  end
end
