# frozen_string_literal: true

RSpec.describe "A streamed response" do
  include_context "with a streaming runtime"

  app = SpecApps.source(:streamed_responses)

  describe "that fails" do
    before { start(app) }

    it "before any byte is sent is reported like a failure of a buffered response" do
      ["/app-raises", "/large-headers"].each do |path|
        expect(invoke(path).wait).to have_attributes(kind: :error)
      end
      until_log("more than the 16384 that a streamed response may have")
      expect(body("/array")).to eq("one two")
    end

    it "after bytes were sent has the error in its trailers, and the next invocation is handled" do
      invocation = invoke("/raise-after")
      answer = invocation.wait
      expect(answer).to have_attributes(kind: :response, body: end_with("\0some"))
      expect(answer.trailers["lambda-runtime-function-error-type"]).to eq("Function.ArgumentError")
      expect(JSON.parse(answer.trailers["lambda-runtime-function-error-body"].unpack1("m"))).to include(
        "errorType" => "Function.ArgumentError", "errorMessage" => "after\u00E9", "stackTrace" => include(/app\.rb/)
      )
      expect(body("/array")).to eq("one two")
      expect(invocation.answers.size).to eq(1)
      until_log("body closed")
    end

    it "after bytes were sent has trailers below 4 KB, the limit of Go's HTTP server" do
      trailers = invoke("/raise-deep").wait.trailers
      expect(trailers.sum { |name, value| name.bytesize + value.bytesize + 4 }).to be < 4_000
      expect(JSON.parse(trailers["lambda-runtime-function-error-body"].unpack1("m"))).to include("errorType" => "Function.ArgumentError")
    end

    it "ends the process if the Runtime API replies with 500" do
      @api.fault(%r{/response\z}) { |exchange| exchange.reply(500, {}, "container error") }
      invoke("/array")
      expect(@process.wait.exitstatus).to eq(1)
      until_log("the Runtime API answered 500 to the response")
    end

    it "raises an IOError in the body and closes the body if the Runtime API closes the connection; the next invocation is handled" do
      @api.on_chunk = lambda do |exchange, chunk|
        next true unless chunk.start_with?("xxx")

        exchange.reset
        exchange.socket.close
        raise IOError, "gone"
      end
      invocation = invoke("/for-ever")
      until_log(/writer got Lamby::Runtime::StreamClosed\nensure\nbody closed\n/)
      @api.on_chunk = nil
      expect(body("/array")).to eq("one two")
      expect(invocation.answers).to be_empty
      until_log("the response's stream was closed by the other side")
    end
  end

  it "ends with Runtime.DeadlineExceeded if it is not finished deadline_margin seconds before the deadline" do
    expect(Lamby.config.deadline_margin).to eq(0.5)
    # The margin is long, so that a busy machine does not miss the deadline.
    start("#{app}Lamby.config.deadline_margin = 20\n")
    body("/array")
    deadline = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + 20_500
    answer = invoke("/slow", headers: { "Lambda-Runtime-Deadline-Ms" => deadline.to_s }).wait
    expect(Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)).to be < deadline
    expect(answer.trailers["lambda-runtime-function-error-type"]).to eq("Runtime.DeadlineExceeded")
    expect(JSON.parse(answer.trailers["lambda-runtime-function-error-body"].unpack1("m"))["errorMessage"]).to include("20 s before the invocation's deadline")
    expect(body("/array")).to eq("one two")
  end
end
