# frozen_string_literal: true

require "net/http"
require "socket"

# Starts moto's server, which simulates AWS, on the port `@port`. Each example begins without resources.
RSpec.shared_context "with moto's server" do |variables|
  before(:all) do
    Linters.check
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    @moto = Process.spawn(variables || {}, Linters.path("moto_server"), "--port", @port.to_s, out: File::NULL, err: File::NULL)
    Waiting.until("moto's server") { moto? }
  end

  after(:all) do
    Process.kill("TERM", @moto)
    Process.wait(@moto)
  end

  before { Net::HTTP.post(URI("http://127.0.0.1:#{@port}/moto-api/reset"), "") }

  def moto?
    Net::HTTP.get_response(URI("http://127.0.0.1:#{@port}/moto-api/")).is_a?(Net::HTTPSuccess)
  rescue SystemCallError
    false
  end
end
