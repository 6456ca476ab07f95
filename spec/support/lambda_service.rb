# frozen_string_literal: true

require "base64"
require "socket"

# Lambda's Invoke API, for the AWS CLI. It runs the events with `lamby runtime` in a separate process, as Lambda does.
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
class LambdaService
  # The maximum size of the log that a reply contains.
  TAIL = 4096
  private_constant :TAIL

  # @return [String] the value of AWS_ENDPOINT_URL_LAMBDA
  attr_reader :url
  # @return [Array<String>] the events, in order
  attr_reader :events

  # @param code [String] Ruby code of the handler's file, app.rb
  # @param options [Hash] see {RuntimeProcess}
  def initialize(code, **options)
    @code = code
    @options = options
    @events = []
    @server = TCPServer.new("127.0.0.1", 0)
    @url = "http://127.0.0.1:#{@server.addr[1]}"
    start
    @thread = Thread.new { loop { serve(@server.accept) } }
  end

  # Replaces the environment, as Lambda does now and then.
  #
  # @return [void]
  def replace
    end_environment
    start
  end

  # @return [String] the log of the environment that runs
  def log = @process.log

  # Stops the service.
  def stop
    @thread.kill
    @server.close
    end_environment
  end

  private

  def start
    @api = Lamby::Testing::RuntimeAPI.new
    @process = RuntimeProcess.new(@api, @code, **@options)
  end

  def end_environment
    @process.stop
    @api.close
  end

  def serve(socket)
    request = socket.gets
    headers = {}
    while (line = socket.gets) && line != "\r\n"
      name, value = line.chomp.split(/:\s*/, 2)
      headers[name.downcase] = value
    end
    socket.write("HTTP/1.1 100 Continue\r\n\r\n") if headers.key?("expect")
    reply(socket, request, socket.read(headers["content-length"].to_i), headers["x-amz-client-context"])
  ensure
    socket.close
  end

  def reply(socket, request, event, client_context)
    path = %r{\APOST /2015-03-31/functions/[\w-]+/invocations\?Qualifier=live }
    raise "not an invocation of the alias: #{request}" unless path.match?(request)

    @events << event
    before = log.bytesize
    answer = @api.invoke(event, { "Lambda-Runtime-Client-Context" => client_context&.unpack1("m") }).wait
    headers = { "X-Amz-Executed-Version" => "3", "X-Amz-Log-Result" => Base64.strict_encode64(tail(before)), "Content-Length" => answer.body.bytesize }
    headers["X-Amz-Function-Error"] = "Unhandled" if answer.kind == :error
    socket.write("HTTP/1.1 200 OK\r\n#{headers.map { |name, value| "#{name}: #{value}\r\n" }.join}\r\n", answer.body)
  end

  # The runtime logs an error after its report, and before it polls again.
  def tail(before)
    Waiting.until("the next poll", processes: [@process]) { @api.exchanges.last.path == "/invocation/next" }
    text = "#{log.byteslice(before..).scrub}REPORT RequestId: 1\tDuration: 12.34 ms\tBilled Duration: 13 ms\n"
    text.byteslice([text.bytesize - TAIL, 0].max..)
  end
end
