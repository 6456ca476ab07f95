# frozen_string_literal: true

# A signal, or Thread#kill by the application, may come before the runtime has called the handler.
RSpec.describe "An invocation that is interrupted while its event arrives" do
  include_context "with a Runtime API"

  app = SpecApps.source(:rescues_every_exception)

  # Hands out an event of that many bytes, of which only the first half comes.
  def hand_out_half(length)
    arrived = Queue.new
    @api.fault("/invocation/next") do |exchange|
      invocation = @api.instance_variable_get(:@pending).pop
      head = invocation.headers.map { |name, value| "#{name}: #{value}\r\n" }.join
      exchange.socket.write("HTTP/1.1 200 OK\r\n#{head}Content-Length: #{length}\r\n\r\n{#{" " * (length / 2)}")
      arrived << true
      sleep
    end
    lost = @api.invoke("{}")
    [lost, arrived]
  end

  define_method(:start) do |concurrency = "1"|
    @process = RuntimeProcess.new(@api, app, handler: "app.handler", environment: { "LAMBY_CONCURRENCY" => concurrency })
  end

  [1_000, 600_000].each do |length|
    it "is reported when the process is asked to end: #{length} bytes" do
      lost, arrived = hand_out_half(length)
      start
      next_of(arrived)
      sleep 0.1 # Until the half has arrived.
      @process.kill("TERM")
      expect(JSON.parse(lost.wait.body)).to include("errorType" => "Runtime.HandlerKilled", "errorMessage" => /before its event had arrived/)
      expect(@process.wait.exitstatus).to eq(0)
      until_log("hook")
      expect(lost.answers.size).to eq(1)
    end

    it "is reported when another invocation kills the thread that waits for it: #{length} bytes" do
      lost, arrived = hand_out_half(length)
      start("2")
      next_of(arrived)
      sleep 0.1
      expect(@api.invoke('{"kill":true}').wait.kind).to eq(:response)
      expect(JSON.parse(lost.wait.body)).to include("errorType" => "Runtime.HandlerKilled")
      expect(@api.invoke("{}").wait.kind).to eq(:response)
      expect(lost.answers.size).to eq(1)
    end
  end

  it "ends the process after the invocation if the application rescues the signal's exception" do
    start
    invocation = @api.invoke('{"seconds":30}')
    until_log("handling")
    @process.kill("TERM")
    expect(invocation.wait.body).to eq('"done"')
    expect(@process.wait.exitstatus).to eq(0)
    until_log("rescued", "hook")
  end
end
