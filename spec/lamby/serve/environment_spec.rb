# frozen_string_literal: true

require "lamby/cli"
require "lamby/serve"

# Runs an execution environment without the HTTP server.
RSpec.describe Lamby::Serve::Environment do
  let(:journal) { Lamby::Serve::Journal.new(Lamby::Serve::Console.new(StringIO.new), Lamby::Serve::Records.new) }
  let(:call) { Lamby::Serve::Call.new("{}", "invoke direct") }

  it "does not take an invocation as its own if the process ends before it receives the event" do
    Dir.mktmpdir do |folder|
      File.write("#{folder}/app.rb", SpecApps.source(:serve))
      settings = Lamby::Serve::Settings.new(handler: "#{folder}/app.Lamby.cmd")
      environment = described_class.new(1, settings, journal, -> {})
      wait_until("the environment", processes: []) { environment.take }
      Process.kill("KILL", environment.pid)
      wait_until("the end of the process", processes: []) { environment.ended? }
      expect(environment.run(call)).to be(false)
      expect(call.outcome).to be_nil
    end
  end
end
