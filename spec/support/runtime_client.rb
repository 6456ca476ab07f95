# frozen_string_literal: true

# A minimal Ruby client of the Runtime API, which runs as a process. It finds the handler
# by AWS's rule, and passes events and return values through AwsLambda::Marshaller. It replaces
# AWS's own client, which is not available everywhere.
#
#   ruby runtime_client.rb config/environment.Lamby.cmd
#
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

require "json"
require "net/http"

module AwsLambda
  class Marshaller
    class << self
      def marshall_request(raw_request)
        return raw_request.body unless raw_request["Content-Type"] == "application/json"

        warn "an event was parsed by the client"
        JSON.parse(raw_request.body)
      end

      def marshall_response(answer)
        answer.respond_to?(:read) ? [answer, "application/unknown"] : answer.to_json
      end
    end
  end
end

class RuntimeClient
  BASE = "/2018-06-01/runtime"

  # The methods of the context in AWS's client.
  # https://docs.aws.amazon.com/lambda/latest/dg/ruby-context.html
  Context = Struct.new(
    :aws_request_id, :invoked_function_arn, :deadline_ms, :identity, :client_context, :tenant_id,
    :function_name, :function_version, :memory_limit_in_mb, :log_group_name, :log_stream_name, keyword_init: true
  ) do
    def get_remaining_time_in_millis # rubocop:disable Naming/AccessorMethodName -- AWS's name
      [deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
    end
  end

  def initialize(address, handler)
    host, port = address.split(":")
    # There is no timeout, because the Runtime API replies to `/next` only when there is an invocation.
    @api = Net::HTTP.start(host, port.to_i, read_timeout: nil, max_retries: 0)
    @handler = handler
  end

  def run
    load_handler
    loop { handle(@api.get("#{BASE}/invocation/next")) }
  end

  private

  # Loads the handler. Its name is FILE.METHOD or FILE.CLASS.METHOD.
  # https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html
  def load_handler
    file, *constants, @method = @handler.to_s.split(".")
    raise ArgumentError, "the handler #{@handler.inspect} is not FILE.METHOD or FILE.CLASS.METHOD" unless @method && constants.size <= 1

    $LOAD_PATH.unshift(Dir.pwd)
    require file
    @receiver = constants.empty? ? TOPLEVEL_BINDING.receiver : Object.const_get(constants.first)
  rescue StandardError, ScriptError => e
    report("init/error", e)
    exit 1
  end

  def handle(invocation)
    id = invocation["Lambda-Runtime-Aws-Request-Id"]
    event = AwsLambda::Marshaller.marshall_request(invocation)
    answer = @receiver.send(@method, event: event, context: context(invocation))
    body, type = AwsLambda::Marshaller.marshall_response(answer)
    body = body.read if body.respond_to?(:read)
    @api.post("#{BASE}/invocation/#{id}/response", body, "Content-Type" => type || "application/json")
  rescue Exception => e # rubocop:disable Lint/RescueException -- every invocation needs a response
    report("invocation/#{id}/error", e)
    exit 1 unless e.is_a?(StandardError)
  end

  def context(invocation)
    Context.new(
      aws_request_id: invocation["Lambda-Runtime-Aws-Request-Id"],
      invoked_function_arn: invocation["Lambda-Runtime-Invoked-Function-Arn"],
      deadline_ms: invocation["Lambda-Runtime-Deadline-Ms"].to_i,
      identity: json(invocation["Lambda-Runtime-Cognito-Identity"]),
      client_context: json(invocation["Lambda-Runtime-Client-Context"]),
      tenant_id: invocation["Lambda-Runtime-Aws-Tenant-Id"],
      function_name: ENV.fetch("AWS_LAMBDA_FUNCTION_NAME", nil),
      function_version: ENV.fetch("AWS_LAMBDA_FUNCTION_VERSION", nil),
      memory_limit_in_mb: ENV.fetch("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", nil),
      log_group_name: ENV.fetch("AWS_LAMBDA_LOG_GROUP_NAME", nil),
      log_stream_name: ENV.fetch("AWS_LAMBDA_LOG_STREAM_NAME", nil)
    )
  end

  def json(header)
    JSON.parse(header) unless header.to_s.empty?
  end

  def report(path, error)
    type = "Function.#{error.class.name.gsub("::", "")}"
    body = { errorType: type, errorMessage: error.message, stackTrace: Array(error.backtrace).first(5) }
    @api.post("#{BASE}/#{path}", body.to_json, "Lambda-Runtime-Function-Error-Type" => type)
  end
end

# Lambda and the emulator pass the handler's name as an argument and in _HANDLER. This client accepts either.
ENV["_HANDLER"] = ARGV.first if ARGV.first
RuntimeClient.new(ENV.fetch("AWS_LAMBDA_RUNTIME_API"), ENV.fetch("_HANDLER", nil)).run
