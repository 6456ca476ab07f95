# frozen_string_literal: true

RSpec.describe "lamby runtime" do
  include_context "with a runtime"

  rack_app = SpecApps.source(:every_outcome)

  describe "with signals and on_shutdown hooks" do
    hooks = <<~RUBY
      at_exit { $stderr.puts "at_exit" }
      Lamby.config.on_shutdown { $stderr.puts "hook 1" }
      Lamby.config.on_shutdown { raise "oops" }
      Lamby.config.on_shutdown { $stderr.puts "hook 3" }
    RUBY

    %w[TERM INT].each do |signal|
      it "ends its poll at once on SIG#{signal}, runs the hooks and at_exit blocks, and exits with status 0" do
        start(rack_app + hooks)
        expect(get("/")).to eq("hello")
        wait_until { @api.exchanges.count { |it| it.path == "/invocation/next" } == 2 }
        @process.kill(signal)
        expect(@process.wait.exitstatus).to eq(0)
        expect(@process.log.scan(/^hook \d|^at_exit|on_shutdown: .*oops/)).to match(["hook 1", /oops/, "hook 3", "at_exit"])
      end
    end

    it "finishes its hooks even if a second SIGTERM arrives" do
      start("#{rack_app}Lamby.config.on_shutdown { $stderr.puts 'begun'; sleep 0.3; $stderr.puts 'ended' }\n")
      expect(get("/")).to eq("hello")
      @process.kill("TERM")
      until_log("begun")
      @process.kill("TERM")
      expect(@process.wait.exitstatus).to eq(0)
      until_log("ended")
    end

    it "reports the invocation in flight as failed when SIGTERM arrives" do
      start(rack_app)
      invocation = invoke("/late")
      until_log("handling")
      @process.kill("TERM")
      expect(invocation.wait).to have_attributes(kind: :error)
      expect(@process.wait.exitstatus).to eq(0)
    end

    it "registers an extension before the first poll, but only if there is a hook" do
      start(rack_app + hooks)
      expect(get("/")).to eq("hello")
      expect(@api.exchanges.first).to have_attributes(path: "/extension/register", body: '{"events":[]}')
      expect(@api.exchanges.first.headers).to include("lambda-extension-name" => "lamby")
      @process.stop

      before = @api.exchanges.size
      start(rack_app)
      expect(get("/")).to eq("hello")
      expect(@api.exchanges.drop(before).map(&:path)).not_to include(/extension/)
    end

    it "logs that Lambda has refused its extension, and handles invocations" do
      @api.fault("/extension/register") { |exchange| exchange.reply(403, {}, "closed already") }
      start(rack_app + hooks)
      expect(get("/")).to eq("hello")
      until_log(/\[WARN\] lamby: on_shutdown hooks will not run.*403: closed already/)
    end

    it "changes no signal handler when the library is loaded" do
      code = <<~RUBY
        traps = -> { %w[TERM INT QUIT HUP].map { |name| trap(name, "DEFAULT").tap { |old| trap(name, old || "DEFAULT") }.to_s } }
        before = traps.call
        require "lamby"
        Lamby::Runtime
        puts before == traps.call
      RUBY
      expect(IO.popen([RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "-e", code], &:read)).to eq("true\n")
    end
  end
end
