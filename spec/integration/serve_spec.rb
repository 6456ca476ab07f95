# frozen_string_literal: true

# Compares `lamby serve` with AWS's own emulator: the same application, and the same events.
RSpec.describe "lamby serve, compared with AWS's Lambda emulator" do
  root = File.expand_path("../..", __dir__)
  # What differs between two invocations, and between two machines.
  changing = %w[pid request_id trace left environment event]

  requests = {
    "a page" => ["GET", "/orders?page=2&q=a%20b&q=c", {}, nil],
    "a form" => ["POST", "/orders", { "content-type" => "application/x-www-form-urlencoded" }, "name=Ada&name=Grace"],
    "binary data" => ["PUT", "/files/a%2Fb", { "content-type" => "application/octet-stream" }, (0..255).to_a.pack("C*")],
    "cookies and headers" => ["GET", "/", { "cookie" => "a=1; b=2", "x-custom" => "caf\u00E9, \u6F22" }, nil],
    "an image" => ["GET", "/binary", {}, nil]
  }

  before(:all) do
    @servers = Lamby::Simulator.integrations.to_h { |integration| [integration, ServeProcess.new("--integration", integration.to_s)] }
    folder = @servers.values.first.folder
    @emulator = Emulator.new(RbConfig.ruby, "-I", "#{root}/lib", "#{root}/exe/lamby", "runtime", "app.Lamby.cmd", folder: folder)
  end

  after(:all) do
    @emulator&.stop
    ServeProcess.started.dup.each(&:stop)
  end

  # Returns the event of the last request.
  def last_event(server)
    record = JSON.parse(server.request("GET", "/__lamby/api/records").body)["records"].first
    server.request("GET", "/__lamby/api/records/#{record["id"]}/event").body.force_encoding(Encoding::UTF_8)
  end

  define_method(:comparable) do |status, headers, body|
    body = JSON.parse(body).except(*changing) if headers["content-type"] == ["application/json"]
    [status, headers.except("content-length", "connection"), body]
  end

  Lamby::Simulator.integrations.each do |integration|
    requests.each do |name, (method, path, headers, body)|
      it "gives the application and the client the same through #{integration}, for #{name}" do
        server = @servers.fetch(integration)
        response = server.request(method, path, headers: headers, body: body)
        expect(response.code).to eq(path == "/binary" ? "201" : "200")
        emulated = Lamby::Simulator.answer(integration, @emulator.invoke(last_event(server)).body)
        expected = comparable(emulated.status, emulated.headers.group_by(&:first).transform_values { |pairs| pairs.map(&:last) }, emulated.body)
        expect(comparable(response.code.to_i, response.to_hash, response.body.b)).to eq(expected)
      end
    end
  end

  if Requirements.gem?("rails")
    describe "with the example application in Rails" do
      it "handles forms, sessions, redirects, downloads and errors" do
        server = ServeProcess.new("config/environment.Lamby.cmd", folder: "#{root}/examples/rails")
        expect(server.request.body).to include("Hello from Rails", "through a Function URL")
        expect(server.request("GET", "/redirect")["location"]).to start_with("http://localhost:#{server.port}/")
        session = server.request("GET", "/session")
        again = server.request("GET", "/session", headers: { "cookie" => session["set-cookie"][/\A[^;]+/] })
        expect(again.body).not_to eq(session.body)
        expect(server.request("GET", "/download/data").body.b).to eq((0..255).to_a.pack("C*") * 16)
        expect(server.request("GET", "/nothing").code).to eq("404")
      end
    end
  end
end
