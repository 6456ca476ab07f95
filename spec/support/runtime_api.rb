# frozen_string_literal: true

# Starts a Runtime API for each example. Stops it and the example's process afterwards, and prints its log after a failure.
RSpec.shared_context "with a Runtime API" do
  before { @api = Lamby::Local::RuntimeAPI.new }

  after do |example|
    puts @process.log if example.exception && @process
    @process&.stop
    @api.close
  end
end
