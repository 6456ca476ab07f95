# frozen_string_literal: true

# Changes files of the application while `lamby serve` runs.
RSpec.describe "lamby serve, when files change" do
  after { ServeProcess.started.dup.each(&:stop) }

  def serve(...) = ServeProcess.new(...)

  it "starts the application again" do
    server = serve
    expect(server.echo["version"]).to be_nil
    server.write("app.rb", "VERSION = 2\n#{SpecApps.source(:serve)}")
    wait_until("version 2", processes: []) { server.echo["version"] == 2 }
    server.until_log("app.rb changed: the application starts again")
  end

  # The contents of a file that is loaded in place of the gem listen.
  {
    "with the gem listen" => nil,
    "without the gem listen" => "raise LoadError",
    "if the gem listen exceeds a limit of the system" => <<~RUBY
      module Listen
        class Error < RuntimeError; end

        def self.to(*) = raise(Errno::ENOSPC)
      end
    RUBY
  }.each do |condition, listen|
    context condition do
      let(:options) { listen ? { files: { "listen.rb" => listen }, environment: { "RUBYLIB" => "." } } : {} }

      it "notices files that are added or deleted" do
        server = serve(**options)
        server.write("added.rb")
        server.until_log("added.rb changed")
        FileUtils.rm("#{server.folder}/added.rb")
        wait_until("the deletion", processes: []) { server.log.scan("added.rb changed").size == 2 }
      end

      it "ignores files that are not the application's" do
        server = serve(**options)
        %w[log tmp node_modules .git].each do |name|
          FileUtils.mkdir_p("#{server.folder}/#{name}")
          server.write("#{name}/file.rb")
        end
        server.write("picture.png")
        server.write("last.rb")
        server.until_log("last.rb changed")
        expect(server.log).not_to match(%r{(?:log|tmp|node_modules|.git)/file|picture})
      end
    end
  end

  it "says that the application's folder was deleted, and starts the application when the folder is there again" do
    server = serve
    server.echo
    FileUtils.rm_rf(server.folder)
    server.until_log("the application cannot start: No such file or directory - #{server.folder}")
    expect(server.request.code).to eq("502")
    Dir.mkdir(server.folder)
    server.write("app.rb", SpecApps.source(:serve))
    expect(server.echo["environment"]["LAMBDA_TASK_ROOT"]).to eq(server.folder)
  end

  it "completes requests that are in flight with the old process" do
    server = serve
    waiting = Thread.new { server.request("GET", "/wait").body }
    server.until_file("waiting")
    server.write("app.rb", "VERSION = 2\n#{SpecApps.source(:serve)}")
    expect(server.echo["version"]).to eq(2)
    server.write("continue")
    expect(waiting.value).to eq("waited")
  end

  it "shows an error in the new code, and the application again when it is mended" do
    server = serve
    server.write("app.rb", "syntax error (")
    server.until_log("did not start")
    page = server.request("GET", "/", headers: { "accept" => "text/html" })
    expect([page.code, page.body]).to match(["502", /Function\.SyntaxError|UserCodeSyntaxError/])
    server.write("app.rb", SpecApps.source(:serve))
    expect(server.echo["path"]).to eq("/")
  end

  it "does nothing with --no-reload" do
    server = serve("--no-reload")
    pid = server.echo["pid"]
    server.write("app.rb", "VERSION = 2\n#{SpecApps.source(:serve)}")
    sleep 1.2 # More than two polls.
    expect(server.echo.values_at("pid", "version")).to eq([pid, nil])
  end
end
