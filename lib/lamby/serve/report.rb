# frozen_string_literal: true

require "json"

module Lamby
  module Serve
    # Makes an {Outcome} of what the runtime sends to the Runtime API, or of the end of its process.
    module Report
      class << self
        # @param answer [Testing::RuntimeAPI::Answer] a response or an error. The error of a streamed response is in its
        #   trailers
        # @return [Outcome]
        # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
        def of_answer(answer)
          return Outcome.new(kind: :error, error: error(answer.body)) if answer.kind == :error

          type = answer.trailers["lambda-runtime-function-error-type"]
          return Outcome.new(kind: :response, payload: answer.body) unless type

          body = answer.trailers["lambda-runtime-function-error-body"].to_s.unpack1("m")
          Outcome.new(kind: :error, error: { "errorType" => type }.merge(error(body)))
        end

        # @param kind [Symbol] `:not_started` or `:crashed`
        # @param status [Process::Status]
        # @param failures [Queue<Testing::RuntimeAPI::Answer>] what the runtime has sent to /init/error
        # @param log [String] the last lines of the output
        # @return [Outcome]
        def of_end(kind, status, failures, log)
          how = status.signaled? ? "signal #{Signal.signame(status.termsig)}" : "status #{status.exitstatus}"
          reported = error(failures.pop.body) unless failures.empty?
          Outcome.new(kind: kind, error: reported, message: "the process ended with #{how}", log: log)
        end

        private

        def error(json)
          error = JSON.parse(json)
          error.is_a?(Hash) ? error : {}
        rescue JSON::ParserError
          {}
        end
      end
    end
  end
end
