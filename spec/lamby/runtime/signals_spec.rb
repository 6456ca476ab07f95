# frozen_string_literal: true

RSpec.describe "A signal to the runtime" do
  include_context "with a runtime"

  rack_app = SpecApps.source(:every_outcome)

  describe "signals" do
    hooks = <<~RUBY
      at_exit { $stderr.puts "at_exit" }
      Lamby.config.on_shutdown { $stderr.puts "hook 1" }
      Lamby.config.on_shutdown { raise "oops" }
      Lamby.config.on_shutdown { $stderr.puts "hook 3" }
    RUBY

    %w[TERM INT].each do |signal|
      it "SIG#{signal} ends the wait at once, runs the hooks and at_exit, and exits with 0" do
        start(rack_app + hooks)
        expect(get("/")).to eq("hello")
        wait_until { @api.exchanges.count { |it| it.path == "/invocation/next" } == 2 }
        @process.kill(signal)
        expect(@process.wait.exitstatus).to eq(0)
        expect(@process.log.scan(/^hook \d|^at_exit|on_shutdown: .*oops/)).to match(["hook 1", /oops/, "hook 3", "at_exit"])
      end
    end

    it "a second one does not cut the hooks short" do
      start("#{rack_app}Lamby.config.on_shutdown { $stderr.puts 'begun'; sleep 0.3; $stderr.puts 'ended' }\n")
      expect(get("/")).to eq("hello")
      @process.kill("TERM")
      until_log("begun")
      @process.kill("TERM")
      expect(@process.wait.exitstatus).to eq(0)
      until_log("ended")
    end

    it "an invocation that runs when the process is asked to end is reported" do
      start(rack_app)
      invocation = invoke("/late")
      until_log("handling")
      @process.kill("TERM")
      expect(invocation.wait).to have_attributes(kind: :error)
      expect(@process.wait.exitstatus).to eq(0)
    end

    it "an extension is registered only where a hook asks for it, and before the first question" do
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

    it "an extension that Lambda refuses is logged, and invocations are answered" do
      @api.fault("/extension/register") { |exchange| exchange.reply(403, {}, "closed already") }
      start(rack_app + hooks)
      expect(get("/")).to eq("hello")
      until_log(/\[WARN\] lamby: on_shutdown hooks will not run.*403: closed already/)
    end

    it "none is trapped by require" do
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
