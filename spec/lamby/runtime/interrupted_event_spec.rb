# frozen_string_literal: true

# A signal may arrive, or the application may call Thread#kill, before the runtime has called the handler or while the
# handler runs.
RSpec.describe "An interrupted invocation" do
  include_context "with a Runtime API"

  app = SpecApps.source(:rescues_every_exception)

  # Sends only the first half of an event of `length` bytes.
  def hand_out_half(length)
    arrived = Queue.new
    @api.fault("/invocation/next") do |exchange|
      invocation = @api.take_next
      exchange.socket.write("#{reply_head(invocation)}Content-Length: #{length}\r\n\r\n{#{" " * (length / 2)}")
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
    it "is reported as failed if SIGTERM arrives before the whole event has arrived: #{length} bytes" do
      lost, arrived = hand_out_half(length)
      start
      next_of(arrived)
      sleep 0.1 # Waits until the first half has arrived.
      @process.kill("TERM")
      expect(JSON.parse(lost.wait.body)).to include("errorType" => "Runtime.HandlerKilled", "errorMessage" => /before the event had arrived/)
      expect(@process.wait.exitstatus).to eq(0)
      until_log("hook")
      expect(lost.answers.size).to eq(1)
    end

    it "is reported as failed if another invocation kills the thread that reads the event: #{length} bytes" do
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

  it "does not keep the process alive if its handler rescues the signal's exception and returns" do
    start
    invocation = @api.invoke('{"seconds":30}')
    until_log("handling")
    @process.kill("TERM")
    expect(invocation.wait.body).to eq('"done"')
    expect(@process.wait.exitstatus).to eq(0)
    until_log("rescued", "hook")
  end
end
