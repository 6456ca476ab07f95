# frozen_string_literal: true

# An application may interrupt its own write, with Timeout or Thread#raise, in the middle of a piece.
RSpec.describe "A streamed response whose write is interrupted" do
  include_context "with a Runtime API"

  app = SpecApps.source(:interrupted_writes)

  # Starts an invocation whose response is read only after it was interrupted. The length of its long piece is in @length.
  define_method(:begin_response) do |path, query = "", environment = {}|
    @process = RuntimeProcess.new(@api, "#{app}Lamby.config.workers = 1\n", environment: { "LAMBY_INVOKE_MODE" => "response_stream" }.merge(environment))
    released = Queue.new
    @length = 0
    @api.on_chunk = lambda do |_, chunk|
      released.pop # Nobody reads until the write is interrupted.
      @length += chunk.bytesize if chunk.start_with?("x")
      !chunk.start_with?("x")
    end
    invocation = @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: path, query: query)))
    until_log("interrupted")
    File.write("#{@process.folder}/go_on", "")
    released.close
    invocation
  end

  # The response, and the length of the long piece.
  def answer(...)
    [begin_response(...).wait, @length]
  end

  it "goes on with the rest of the piece" do
    response, length = answer("/on")
    expect(length).to eq(64_000_000)
    expect(response.body).to end_with("\0begin  end")
    expect(response.trailers).to be_empty
  end

  it "goes on if the application changes the string meanwhile" do
    response, length = answer("/on", "change")
    expect(length).to eq(64_000_000)
    expect(response.body).to end_with("\0begin  end")
  end

  it "is cut and reported where another thread changes the string's length while it is sent" do
    expect(begin_response("/on", "change-early").answers).to be_empty
    wait_until { @api.exchanges.any? { |it| it.path.end_with?("/error") && it.body.include?("changed while it was being sent") } }
    expect(@api.exchanges.map(&:path)).not_to include(end_with("/response"))
  end

  it "ends with the error of the application" do
    response, length = answer("/raise")
    expect(length).to eq(64_000_000)
    expect(response.trailers).to include("lambda-runtime-function-error-type" => "Function.ArgumentError")
  end

  it "ends with an error if the application ends its thread" do
    response, length = answer("/kill", "", "LAMBY_CONCURRENCY" => "2")
    expect(length).to eq(64_000_000)
    expect(response.trailers).to include("lambda-runtime-function-error-type" => "Runtime.HandlerKilled")
  end
end
