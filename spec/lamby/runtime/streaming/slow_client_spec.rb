# frozen_string_literal: true

RSpec.describe "A streamed response" do
  include_context "with a streaming runtime"

  app = SpecApps.source(:streamed_responses)

  describe "to a client that stops reading" do
    # Makes the Runtime API stop reading at a chunk that begins with `first`, and runs the block. When the block has
    # returned, the Runtime API continues to read.
    def stall_from(first)
      stalled = Queue.new
      @api.on_chunk = lambda do |_, chunk|
        next true unless chunk.start_with?(first)

        stalled.close
        until_released
        false
      end
      wait_until { stalled.closed? }
      sleep 0.3 # Waits until the writes have filled the socket buffers.
      yield
    ensure
      @released = true
    end

    def until_released
      Waiting.until("the release of a stalled reader", processes: []) { @released }
    rescue IOError, SystemCallError
      nil
    end

    def error_types(invocation)
      invocation.answers.map { |it| it.trailers["lambda-runtime-function-error-type"] }
    end

    def expect_the_loop_to_go_on
      @api.on_chunk = nil
      expect(body("/array")).to eq("one two")
    end

    it "ends if the application fails while another of its threads is blocked in a write" do
      start(app)
      invocation = invoke("/thread-for-ever")
      stall_from("xxx") do
        go_on("fail")
        until_log(/writer got Lamby::Runtime::StreamClosed/)
      end
      expect_the_loop_to_go_on
      # The list is empty if the trailers did not arrive.
      expect(error_types(invocation)).to all(eq("Function.ArgumentError"))
      until_log("ArgumentError", "the client did not read the error of the incomplete response, so Lamby closes the connection")
    end

    {
      "/for-ever" => "a body is blocked in a write", "/thread-for-ever?slow" => "a thread is blocked in a write", "/large" => "everything is written"
    }.each do |path, state|
      it "ends before the deadline while #{state}" do
        start("#{app}Lamby.config.deadline_margin = 3\n")
        body("/array")
        path, query = path.split("?")
        deadline = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + 4_000
        invocation = invoke(path, query: query.to_s, headers: { "Lambda-Runtime-Deadline-Ms" => deadline.to_s })
        stall_from("xxx") do
          until_log(/so Lamby closes the connection/)
          expect(Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)).to be < deadline
        end
        expect_the_loop_to_go_on
        # The list is empty if the trailers did not arrive.
        expect(error_types(invocation)).to all(eq("Runtime.DeadlineExceeded")) unless state == "everything is written"
        until_log("the response was not finished 3 s before the invocation's deadline")
      end
    end

    it "does not delay the small chunks of other streams" do
      start("#{app}Lamby.config.workers = 1\n", "LAMBY_CONCURRENCY" => "2")
      invoke("/little-and-large")
      stall_from("little") do
        pair = invoke("/pair")
        chunk_of(pair)
        received = chunk_of(pair)
        received += chunk_of(pair) until received == "12"
        go_on("second")
        expect(parts(pair.wait).last).to eq("123")
      end
    end
  end

  it "makes the body wait for a slow client, and does not buffer more than 8 MB" do
    start(app)
    body("/array")
    before = @process.resident
    received = 0
    @api.on_chunk = lambda do |exchange, chunk|
      received += chunk.bytesize
      sleep 0.5 if received.between?(40_000_000, 40_099_999) # While the client pauses, the body must wait.
      raise IOError, "enough" if received > 256_000_000 && exchange.reset

      false
    end
    invoke("/for-ever")
    wait_until { received > 40_000_000 }
    expect(@process.resident - before).to be < 8 * 1024 * 1024
    wait_until(limit: 5 * Waiting::LIMIT) { received > 256_000_000 }
    expect(@process.resident - before).to be < 8 * 1024 * 1024
  end
end
