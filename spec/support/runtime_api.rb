# frozen_string_literal: true

# A Runtime API for each example, and an end of the process that asks it: its log is shown where something failed.
RSpec.shared_context "with a Runtime API" do
  before { @api = Lamby::Local::RuntimeAPI.new }

  after do |example|
    puts @process.log if example.exception && @process
    @process&.stop
    @api.close
  end
end
