# frozen_string_literal: true

# Starts a Runtime API for each example. Stops it and the example's process afterwards. After a failure, prints the
# process's log and what the Runtime API has seen.
RSpec.shared_context "with a Runtime API" do
  before { @api = Lamby::Local::RuntimeAPI.new }

  # The only methods here and in specs that use private parts of the Runtime API: those that faults need.

  # @return [Lamby::Local::RuntimeAPI::Invocation] the next invocation, taken as by a poll
  def take_next = @api.instance_variable_get(:@pending).pop

  # @return [Boolean] whether polls have taken all invocations
  def all_taken? = @api.instance_variable_get(:@pending).empty?

  # Replies to a poll as usual.
  def hand_over(exchange) = @api.__send__(:hand_over, exchange)

  # Accepts a response as usual.
  def accept_response(exchange)
    @api.__send__(:take, exchange, exchange.path[%r{/invocation/([^/]+)}, 1], :response)
  end

  # Accepts a response, but does not confirm it.
  def accept_without_reply(exchange)
    accept_response(exchange.dup.tap { |it| def it.reply(*) = nil })
  end

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
