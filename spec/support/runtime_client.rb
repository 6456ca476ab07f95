# frozen_string_literal: true

# The least that a Ruby client of the Runtime API does, as a process: the handler is
# found by AWS's rule, events and answers go through AwsLambda::Marshaller. It stands
# in for AWS's own client, which is not to be had everywhere.
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
        warn "an event was parsed by the client"
        JSON.parse(raw_request.body)
      end

      def marshall_response(answer)
        answer.to_json
      end
    end
  end
end

Context = Struct.new(:aws_request_id, :invoked_function_arn, :deadline_ms)

host, port = ENV.fetch("AWS_LAMBDA_RUNTIME_API").split(":")
api = Net::HTTP.start(host, port.to_i, read_timeout: nil, max_retries: 0)
base = "/2018-06-01/runtime"
report = lambda do |path, error|
  body = { errorType: "Function.#{error.class.name.gsub("::", "")}", errorMessage: error.message, stackTrace: error.backtrace.first(5) }
  api.post("#{base}/#{path}", body.to_json, "Lambda-Runtime-Function-Error-Type" => body[:errorType])
end

begin
  file, constant, method_name = ARGV.fetch(0).split(".")
  $LOAD_PATH.unshift(Dir.pwd)
  require file
  receiver = Object.const_get(constant)
rescue StandardError, ScriptError => e
  report.call("init/error", e)
  exit 1
end

loop do
  event = api.get("#{base}/invocation/next")
  id = event["Lambda-Runtime-Aws-Request-Id"]
  context = Context.new(id, event["Lambda-Runtime-Invoked-Function-Arn"], event["Lambda-Runtime-Deadline-Ms"].to_i)
  begin
    answer = receiver.public_send(method_name, event: AwsLambda::Marshaller.marshall_request(event), context: context)
    body, type = AwsLambda::Marshaller.marshall_response(answer)
    api.post("#{base}/invocation/#{id}/response", body, "Content-Type" => type || "application/json")
  rescue StandardError => e
    report.call("invocation/#{id}/error", e)
  end
end
