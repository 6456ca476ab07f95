# frozen_string_literal: true

require "net/http"
require "socket"

# Runs Puma with an application in this process. Puma gets the same header lines
# that an integration would get over HTTP.
class PumaServer
  # @param app [#call]
  # @param request [Hash] the same arguments as for {HTTPEvents.build}
  # @return [HTTPResponses::Response]
  def self.answer(app, **request)
    server = new(app)
    server.answer(**request)
  ensure
    server&.stop
  end

  # @param app [#call]
  def initialize(app)
    require "puma"
    require "puma/server"
    environment = ENV.fetch("RACK_ENV", nil)
    @server = Puma::Server.new(app)
    ENV["RACK_ENV"] = environment # Puma sets RACK_ENV if it is not set, but other specs must not see it.
    @server.add_tcp_listener("127.0.0.1", 0)
    @server.run
  end

  # @see .answer
  def answer(method: "GET", path: "/", query: "", body: nil, **request)
    lines = HTTPEvents::Request.new(method: method, path: path, query: query, body: body, **request).header_lines
    target = query.empty? ? path : "#{path}?#{query}"
    head = ["#{method} #{target} HTTP/1.1", *lines.map { |line| line.join(": ") }, "Connection: close", "", ""].join("\r\n")
    socket = TCPSocket.new("127.0.0.1", @server.connected_ports.first)
    socket.write(head, body.to_s)
    read(Net::BufferedIO.new(socket), method)
  ensure
    socket&.close
  end

  def stop
    @server.stop(true)
  end

  private

  def read(io, method)
    response = Net::HTTPResponse.read_new(io)
    response.reading_body(io, method != "HEAD") { response.body }
    headers = response.to_hash
    cookies = headers.delete("set-cookie").to_a
    HTTPResponses::Response.new(status: response.code.to_i, headers: headers, cookies: cookies, body: response.body.to_s.b)
  end
end
