# frozen_string_literal: true

# Runs `lamby runtime` in a separate process against a Runtime API in this process.
RSpec.shared_context "with a runtime" do
  include_context "with a Runtime API"

  def start(code, **options)
    @process = RuntimeProcess.new(@api, code, **options)
  end

  def invoke(path, headers: {}, **request)
    @api.invoke(JSON.generate(http_event(path: path, **request)), headers)
  end

  # Returns the body of the application's response.
  def get(path, **options)
    answer = invoke(path, **options).wait
    expect(answer).to have_attributes(kind: :response)
    JSON.parse(answer.body)["body"]
  end

  def failure(path, **options)
    answer = invoke(path, **options).wait
    expect(answer).to have_attributes(kind: :error)
    expect(answer.headers["lambda-runtime-function-error-type"]).to eq(JSON.parse(answer.body)["errorType"])
    JSON.parse(answer.body)
  end
end

# Runs `lamby runtime` with streamed responses.
RSpec.shared_context "with a streaming runtime" do
  include_context "with a Runtime API"

  def start(code = nil, environment = {})
    @process = RuntimeProcess.new(@api, code, environment: { "LAMBY_INVOKE_MODE" => "response_stream" }.merge(environment))
  end

  def invoke(path, integration: :function_url, headers: {}, **request)
    @api.invoke(JSON.generate(HTTPEvents.build(integration, path: path, **request)), headers)
  end

  # Splits a streamed response into its prelude and its body.
  def parts(answer)
    json, body = answer.body.split("\0" * 8, 2)
    [JSON.parse(json), body]
  end

  def body(path, **request)
    parts(invoke(path, **request).wait).last
  end

  def go_on(name)
    File.write("#{@process.folder}/#{name}", "")
  end
end

# Runs `lamby runtime` for specs that check its log.
RSpec.shared_context "with a logging runtime" do
  include_context "with a Runtime API"

  def start(code, environment = {}, **options)
    @process = RuntimeProcess.new(@api, code, environment: environment, **options)
  end

  # Also waits for the next poll, because the runtime logs an error after its report and before the next poll.
  def invoke(path)
    invocation = @api.invoke(JSON.generate(http_event(path: path))).tap(&:wait)
    wait_until("the next poll") { @api.exchanges.last.path == "/invocation/next" }
    invocation
  end

  # Returns the JSON records of one invocation.
  def records(path)
    id = invoke(path).request_id
    @process.log.lines.map { |line| JSON.parse(line) }.select { |record| record["requestId"] == id }
  end
end
