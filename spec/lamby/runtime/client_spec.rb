# frozen_string_literal: true

RSpec.describe "With lamby runtime," do
  include_context "with a runtime"

  rack_app = SpecApps.source(:every_outcome)

  describe "a reply of the Runtime API" do
    before { start(rack_app) unless RSpec.current_example.metadata[:before_start] }

    it "with status 413 to a response means that the response is too large: Lamby logs this, and handles the next invocation" do
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(413, {}, "too large") }
      invoke("/")
      expect(get("/")).to eq("hello")
      until_log(/\[ERROR\] RequestId: \S+ lamby: the response was refused, because it is larger than Lambda accepts.*too large/)
    end

    it "with status 410 to a response means that the response came too late: Lamby logs this, and handles the next invocation" do
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(410) }
      invoke("/")
      expect(get("/")).to eq("hello")
      until_log(/\[WARN\] RequestId: \S+ lamby: the response came too late/)
    end

    [400, 403].each do |status|
      it "with status #{status} to a response is logged with its reason, and the next invocation is handled" do
        @api.fault(%r{/response\z}) { |exchange| exchange.reply(status, {}, "State transition is not allowed") }
        invoke("/")
        expect(get("/")).to eq("hello")
        until_log("the response was refused with #{status}: State transition is not allowed")
      end
    end

    it "with status 500 to a response ends the process" do
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(500, {}, "container error") }
      invoke("/")
      expect(@process.wait.exitstatus).to eq(1)
      until_log(/\[FATAL\] lamby: the Runtime API answered 500 to the response of \S+: container error/)
    end

    [400, 403, 500].each do |status|
      it "with status #{status} to a poll ends the process", :before_start do
        @api.fault("/invocation/next") { |exchange| exchange.reply(status, {}, "state") }
        start(rack_app)
        expect(@process.wait.exitstatus).to eq(1)
        until_log(%r{\[FATAL\] lamby: /2018-06-01/runtime/invocation/next: the Runtime API answered #{status}: state})
      end
    end
  end

  describe "the client of the Runtime API" do
    # Expects exactly one response to each invocation.
    def expect_each_answered_once(invocations)
      invocations.each(&:wait)
      expect(invocations.map { |it| it.answers.size }).to all(eq(1))
    end

    it "responds to each invocation exactly once even if the Runtime API closes the connection after each reply" do
      start(rack_app)
      @api.fault("/invocation/next", times: 3) do |exchange|
        @api.hand_over(exchange)
        exchange.close
      end
      @api.fault(%r{/response\z}, times: 3) do |exchange|
        @api.accept(exchange)
        exchange.close
      end
      expect_each_answered_once(%w[/closed /closed /closed / / /].map { |path| invoke(path).tap(&:wait) })
      expect(@api.connections).to be >= 3
    end

    it "retries a poll whose connection was reset, or was closed before the reply's headers were complete" do
      start(rack_app)
      @api.fault("/invocation/next", &:reset)
      @api.fault("/invocation/next") { |exchange| exchange.socket.write("HTTP/1.1 200 OK\r\nLambda-Runt") && exchange.close }
      expect_each_answered_once(Array.new(3) { invoke("/") })
    end

    # Sends a Content-Length (the argument `of`), but only the beginning of the event.
    def hand_out_the_beginning(of:)
      @api.fault("/invocation/next") do |exchange|
        invocation = @api.take_next
        exchange.socket.write("#{reply_head(invocation)}Content-Length: #{of}\r\n\r\n{\"version\"")
        yield exchange
      end
    end

    it "reports Runtime.TruncatedEvent if only the beginning of an event arrives, and handles the next event" do
      start(rack_app)
      hand_out_the_beginning(of: 1000, &:reset)
      lost = invoke("/")
      expect(get("/")).to eq("hello")
      expect(lost.wait).to have_attributes(kind: :error)
      expect(JSON.parse(lost.answers.first.body)).to include("errorType" => "Runtime.TruncatedEvent")
      expect_each_answered_once([lost])
    end

    it "reports Runtime.TruncatedEvent if an event does not fit into memory, and handles the next event" do
      start(rack_app)
      hand_out_the_beginning(of: 1 << 46, &:close)
      lost = invoke("/")
      expect(JSON.parse(lost.wait.body)).to include("errorType" => "Runtime.TruncatedEvent", "errorMessage" => end_with("did not arrive whole: out of memory"))
      expect(get("/")).to eq("hello")
      expect_each_answered_once([lost])
    end

    it "resends a response if the connection was reset before the Runtime API confirmed it; the Runtime API refuses a duplicate" do
      start(rack_app)
      @api.fault(%r{/response\z}, &:reset) # The Runtime API has read the response, but has not recorded it.
      expect(get("/")).to eq("hello")
      @api.fault(%r{/response\z}) do |exchange|
        @api.accept(exchange, reply: false)
        exchange.reset
      end
      first = invoke("/")
      expect(get("/")).to eq("hello")
      expect(first.answers.map(&:body).uniq.size).to eq(1)
      expect(first.answers.size).to eq(2)
      until_log("#{first.request_id} lamby: the response was refused with 400: the Runtime API has a response already")
    end

    it "reads an event that arrives byte by byte, or in chunked encoding" do
      start(rack_app)
      %i[bytes chunks].each do |how|
        @api.fault("/invocation/next") do |exchange|
          invocation = @api.take_next
          if how == :bytes
            text = "#{reply_head(invocation)}Content-Length: #{invocation.event.bytesize}\r\n\r\n#{invocation.event}"
            text.each_char { |char| exchange.socket.write(char) }
          else
            chunks = invocation.event.scan(/.{1,7}/m).map { |chunk| "#{chunk.bytesize.to_s(16)}\r\n#{chunk}\r\n" }
            exchange.socket.write("#{reply_head(invocation)}Transfer-Encoding: chunked\r\n\r\n#{chunks.join}0\r\n\r\n")
          end
        end
      end
      expect_each_answered_once(Array.new(4) { invoke("/").tap(&:wait) })
    end

    it "ends the process with an error if nothing listens at AWS_LAMBDA_RUNTIME_API" do
      @api.close
      start(rack_app)
      expect(@process.wait.exitstatus).to eq(1)
      until_log(/\[FATAL\] lamby: .*the connection to the Runtime API at 127\.0\.0\.1:\d+ failed: Connection refused/)
    end
  end
end
