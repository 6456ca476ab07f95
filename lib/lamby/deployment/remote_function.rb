# frozen_string_literal: true

require "json"
require "tmpdir"

module Lamby
  module Deployment
    # The deployed function. It can be invoked with any event.
    class RemoteFunction
      # The time that the function took, in Lambda's report about the invocation. The log has the report as text or, with
      # the log format JSON, as a record.
      # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
      DURATION = /^REPORT .*?\tDuration: ([\d.]+) ms|"type":"platform\.report".*?"durationMs":([\d.]+)/
      # A streamed response begins with its status and headers as JSON, followed by eight NUL bytes.
      # https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
      PRELUDE = /\A(\{.*?\})\0{8}/mn
      private_constant :DURATION, :PRELUDE

      # What an invocation has returned.
      #
      # @!attribute payload
      #   @return [String] JSON. A streamed response is converted to the JSON of the same response in one piece
      # @!attribute failed
      #   @return [Boolean] whether the payload describes an error of the function
      # @!attribute log
      #   @return [Array<String>] the last lines of the log, 4 KB at most
      # @!attribute milliseconds
      #   @return [Float] the time that the function took or, if the log does not say it, that the call took
      # @!attribute version
      #   @return [String] the version that ran
      Result = Struct.new(:payload, :failed, :log, :milliseconds, :version, keyword_init: true)

      # @param stack [Stack]
      def initialize(stack)
        @stack = stack
      end

      # Invokes the function, and waits until it returns.
      #
      # @param event [String] JSON
      # @param client_context [String, nil] JSON in base64
      # @return [Result]
      # @raise [Failure] if AWS did not invoke it
      def invoke(event, client_context: nil)
        Dir.mktmpdir do |folder| # Only the owner can open this folder.
          File.binwrite("#{folder}/event.json", event)
          started = now
          answer = call("#{folder}/event.json", "#{folder}/payload.json", client_context)
          result(answer, File.binread("#{folder}/payload.json"), (now - started) * 1000)
        end
      end

      private

      # Without a time limit for reading, and without retries: otherwise the AWS CLI would invoke a function again that
      # takes longer than a minute. `fileb://` is read as bytes by both versions of the AWS CLI.
      def call(event, payload, client_context)
        options = ["--client-context", client_context] if client_context
        @stack.aws.call("lambda", "invoke", "--function-name", @stack.function_name, "--qualifier", Stack::ALIAS, "--log-type", "Tail",
                        "--cli-read-timeout", "0", "--payload", "fileb://#{event}", *options, payload, once: true)
      end

      def result(answer, payload, milliseconds)
        log = answer["LogResult"].to_s.unpack1("m").force_encoding("UTF-8").scrub
        duration = log.match(DURATION)&.captures&.compact&.first
        Result.new(payload: buffered(payload), failed: answer.key?("FunctionError"), log: log.lines(chomp: true),
                   milliseconds: duration ? duration.to_f : milliseconds, version: answer["ExecutedVersion"])
      end

      def buffered(payload)
        prelude = PRELUDE.match(payload) or return payload.force_encoding("UTF-8")
        JSON.generate(**JSON.parse(prelude[1]), "body" => [prelude.post_match].pack("m0"), "isBase64Encoded" => true)
      end

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
