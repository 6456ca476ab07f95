# frozen_string_literal: true

# How long an event is, others decide. Too little memory for it fails one invocation, not the process.
RSpec.describe "An event that there is no memory for" do
  include_context "with a Runtime API"

  it "fails its invocation by name, also where its length is not known before, and the next is answered" do
    @process = RuntimeProcess.new(@api, <<~'RUBY')
      require "lamby"
      size = File.read("/proc/self/statm").to_i * 4096
      Process.setrlimit(:AS, size + 128 * 1024 * 1024)
      Lamby.config.rack_app = ->(_env) { [200, {}, ["well"]] }
    RUBY
    @api.fault("/invocation/next") do |exchange|
      invocation = @api.instance_variable_get(:@pending).pop
      head = invocation.headers.map { |name, value| "#{name}: #{value}\r\n" }.join
      exchange.socket.write("HTTP/1.1 200 OK\r\n#{head}Transfer-Encoding: chunked\r\n\r\n")
      chunk = "100000\r\n#{"x" * 0x100000}\r\n"
      400.times { exchange.socket.write(chunk) }
    rescue SystemCallError
      exchange.close # The runtime has let go of it.
    end
    lost = @api.invoke(JSON.generate(http_event)).wait
    expect(JSON.parse(lost.body)).to include("errorType" => "Runtime.TruncatedEvent", "errorMessage" => end_with("did not arrive whole: out of memory"))
    expect(@api.invoke(JSON.generate(http_event)).wait.body).to include("well")
  end
end
