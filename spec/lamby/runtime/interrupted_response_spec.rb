# frozen_string_literal: true

# A signal may arrive, and the application may call Thread#raise or Thread#kill, while a response is sent.
RSpec.describe "A response that is interrupted while it is sent" do
  include_context "with a Runtime API"

  length = 64_000_000 # Larger than the sockets' buffers, so the write blocks until the Runtime API reads.
  app = <<~RUBY
    require "lamby"
    require "stringio"
    Lamby.config.workers = 1
    def handler(event:, context:)
      worker = Thread.current
      Thread.new do
        sleep 0.5
        $stderr.puts "interrupting"
        event["how"] == "kill" ? worker.kill : worker.raise(event["how"] == "raise" ? "too late" : SignalException.new("TERM"))
      end
      StringIO.new("x" * #{length})
    end
  RUBY

  # Starts an invocation. The Runtime API does not read the response until the application has interrupted the thread
  # that sends it.
  define_method(:interrupted) do |how, concurrency|
    read = Queue.new
    @api.fault("/invocation/next") do |exchange|
      @api.hand_over(exchange)
      read.pop
    end
    invocation = @api.invoke(JSON.generate(how: how))
    @process = RuntimeProcess.new(@api, app, handler: "app.handler", environment: { "LAMBY_CONCURRENCY" => concurrency })
    until_log("interrupting")
    sleep 0.2
    read.close
    invocation.wait
    invocation
  end

  [%w[raise 1], %w[raise 2], %w[kill 2], %w[signal 1]].each do |how, concurrency|
    it "arrives complete and only once: #{how}, with a concurrency of #{concurrency}" do
      answers = interrupted(how, concurrency).answers
      expect(answers.map { |it| [it.kind, it.body.bytesize] }).to eq([[:response, length]])
      expect(concurrency == "1" ? @process.wait : @api.invoke("{}")).to be_truthy
    end
  end
end
