# frozen_string_literal: true

# Starts a Runtime API for each example. Stops it and the example's process afterwards. After a failure, prints the
# process's log and what the Runtime API has seen.
RSpec.shared_context "with a Runtime API" do
  before { @api = Lamby::Testing::RuntimeAPI.new }

  # @return [String] the start of a reply to a poll, without the length of the event
  def reply_head(invocation)
    "HTTP/1.1 200 OK\r\n#{invocation.headers.map { |name, value| "#{name}: #{value}\r\n" }.join}"
  end

  after do |example|
    puts @process.log if example.exception && @process
    puts @api.report if example.exception
    @process&.stop
    @api.close
  end
end
