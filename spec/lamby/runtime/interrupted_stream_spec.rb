# frozen_string_literal: true

# An application may interrupt its own write with Timeout or Thread#raise after a part of the chunk was sent.
RSpec.describe "A streamed response whose write is interrupted" do
  include_context "with a Runtime API"

  app = SpecApps.source(:interrupted_writes)

  # Starts an invocation. The Runtime API does not read the response until the application's write was interrupted.
  # @length counts the bytes of the long chunk that have arrived.
  define_method(:begin_response) do |path, query = "", environment = {}|
    @process = RuntimeProcess.new(@api, "#{app}Lamby.config.workers = 1\n", environment: { "LAMBY_INVOKE_MODE" => "response_stream" }.merge(environment))
    released = Queue.new
    @length = 0
    @api.on_chunk = lambda do |_, chunk|
      released.pop # Nothing is read until the write is interrupted.
      @length += chunk.bytesize if chunk.start_with?("x")
      !chunk.start_with?("x")
    end
    invocation = @api.invoke(JSON.generate(HTTPEvents.build(:function_url, path: path, query: query)))
    until_log("interrupted")
    File.write("#{@process.folder}/go_on", "")
    released.close
    invocation
  end

  # Returns the response, and the length of the long chunk.
  def answer(...)
    [begin_response(...).wait, @length]
  end

  it "sends the rest of the chunk before the next chunk" do
    response, length = answer("/on")
    expect(length).to eq(64_000_000)
    expect(response.body).to end_with("\0begin  end")
    expect(response.trailers).to be_empty
  end

  it "sends the rest of the original chunk even if the application changes the string after the interruption" do
    response, length = answer("/on", "change")
    expect(length).to eq(64_000_000)
    expect(response.body).to end_with("\0begin  end")
  end

  it "is aborted and reported if another thread changes the length of a chunk while Lamby sends the chunk" do
    expect(begin_response("/on", "change-early").answers).to be_empty
    wait_until { @api.exchanges.any? { |it| it.path.end_with?("/error") && it.body.include?("changed while it was sent") } }
    expect(@api.exchanges.map(&:path)).not_to include(end_with("/response"))
  end

  it "ends with the error that the application raises after the interruption" do
    response, length = answer("/raise")
    expect(length).to eq(64_000_000)
    expect(response.trailers).to include("lambda-runtime-function-error-type" => "Function.ArgumentError")
  end

  it "ends with Runtime.HandlerKilled if the application kills its thread after the interruption" do
    response, length = answer("/kill", "", "LAMBY_CONCURRENCY" => "2")
    expect(length).to eq(64_000_000)
    expect(response.trailers).to include("lambda-runtime-function-error-type" => "Runtime.HandlerKilled")
  end
end
