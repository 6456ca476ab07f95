# frozen_string_literal: true

# Clients decide how long an event is. If it does not fit into memory, the invocation fails and the process goes on.
RSpec.describe "An event that does not fit into memory" do
  include_context "with a Runtime API"

  it "is reported as Runtime.TruncatedEvent even if its length is not known beforehand, and the next event is handled" do
    @process = RuntimeProcess.new(@api, <<~'RUBY')
      require "lamby"
      size = File.read("/proc/self/statm").to_i * 4096
      Process.setrlimit(:AS, size + 128 * 1024 * 1024)
      Lamby.config.rack_app = ->(_env) { [200, {}, ["well"]] }
    RUBY
    @api.fault("/invocation/next") do |exchange|
      invocation = @api.take_next
      exchange.socket.write("#{reply_head(invocation)}Transfer-Encoding: chunked\r\n\r\n")
      chunk = "100000\r\n#{"x" * 0x100000}\r\n"
      400.times { exchange.socket.write(chunk) }
    rescue SystemCallError
      exchange.close # The runtime has closed the connection.
    end
    lost = @api.invoke(JSON.generate(http_event)).wait
    expect(JSON.parse(lost.body)).to include("errorType" => "Runtime.TruncatedEvent", "errorMessage" => end_with("did not arrive whole: out of memory"))
    expect(@api.invoke(JSON.generate(http_event)).wait.body).to include("well")
  end
end
