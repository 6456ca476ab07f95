# frozen_string_literal: true

require "io/wait"
require "socket"

# Tests the Runtime API that the specs use. Plain sockets poll it, in place of a runtime.
RSpec.describe Lamby::Testing::RuntimeAPI do
  before { @api = described_class.new }

  after { @api.close }

  def poll(header = "")
    TCPSocket.new(*@api.address.split(":")).tap { |socket| socket.write("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n#{header}\r\n") }
  end

  # Returns the socket of a poll that the server has received. Requires that no other poll waits for an event.
  def waiting_poll
    connection = @api.connections + 1
    poll.tap { Waiting.until("the poll") { @api.report.match?(/^Polls that wait: connection #{connection}$/) } }
  end

  def event_of(socket)
    socket.wait_readable(Waiting::LIMIT) or raise "there is no event:\n#{@api.report}"
    head = socket.gets("\r\n\r\n")
    socket.read(head[/content-length: (\d+)/i, 1].to_i)
  end

  describe "gives an event to the next poll" do
    it "if a poll was reset before the event came" do
      lost = waiting_poll
      lost.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
      lost.close
      @api.invoke("1")
      expect(event_of(poll)).to eq("1")
    end

    it "if a poll was closed before the event came" do
      waiting_poll.close
      @api.invoke("1")
      expect(event_of(poll)).to eq("1")
    end

    [Errno::EPIPE, Errno::ECONNRESET, IOError].each do |error|
      it "if the connection fails with #{error} while the server sends the event" do
        @api.fault("/invocation/next") do |exchange|
          exchange.define_singleton_method(:reply) { |*| raise error }
          @api.hand_over(exchange)
        end
        @api.invoke("1")
        @api.invoke("2")
        poll.read # Waits until the server closes the connection.
        expect([event_of(poll), event_of(poll)]).to eq(%w[1 2])
      end
    end
  end

  it "gives no event to a page in a browser" do
    @api.invoke("1")
    ["Host: evil.example", "Sec-Fetch-Site: cross-site", "Origin: null"].each do |header|
      expect(poll("#{header}\r\n").gets).to eq("HTTP/1.1 403 Forbidden\r\n")
    end
    expect(event_of(poll("Host: #{@api.address}\r\n"))).to eq("1")
  end

  it "describes exchanges, polls that wait, and invocations without a response" do
    event_of(poll.tap { @api.invoke("1", "Lambda-Runtime-Aws-Request-Id" => "handed-over") })
    waiting_poll
    # The server writes the reply before the exchange records it.
    Waiting.until("the reply") { @api.exchanges.first.status }
    expect(@api.report).to eq(<<~TEXT.chomp)
      Runtime API at #{@api.address}: 2 exchanges
        connection 1: GET /invocation/next -> 200
        connection 2: GET /invocation/next -> no reply
      Polls that wait: connection 2
      Invocations without a response: 1
        handed-over: handed to connection 1
    TEXT
  end

  it "describes an invocation that no poll has received, and an invocation that a fault's block has taken from the queue" do
    @api.invoke("1", "Lambda-Runtime-Aws-Request-Id" => "taken")
    @api.invoke("2", "Lambda-Runtime-Aws-Request-Id" => "queued")
    expect([@api.take_next.event, @api.pending]).to eq(["1", 1])
    expect(@api.report).to end_with("Polls that wait: none\nInvocations without a response: 2\n  taken: taken by a fault\n  queued: waits for a poll")
  end

  it "records a response even if the server does not reply to it" do
    invocation = @api.invoke("1")
    @api.fault(%r{/response\z}) { |exchange| @api.accept(exchange, reply: false) }
    socket = TCPSocket.new(*@api.address.split(":"))
    socket.write("POST /2018-06-01/runtime/invocation/#{invocation.request_id}/response HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
    expect(invocation.wait.body).to eq("{}")
    expect(@api.exchanges.last.status).to be_nil
  end
end
