# frozen_string_literal: true

module Lamby
  module Serve
    # Sends events to the function, and records the invocations for the inspector.
    class Invoker
      # What the inspector calls the outcomes that it does not distinguish.
      RECORDED = {
        not_started: :crashed, response_too_large: :too_large, request_too_large: :too_large, invalid_request: :malformed, not_found: :malformed
      }.freeze
      private_constant :RECORDED

      # @param environments [Environments]
      # @param records [Records]
      # @param console [Console]
      def initialize(environments, records, console)
        @environments = environments
        @records = records
        @console = console
      end

      # Begins an invocation, and does not wait for its outcome. The caller must call {#finish}.
      #
      # @param event [String] JSON
      # @param kind [Symbol] `:http`, or one of {Config::EVENT_KINDS}
      # @param title [String] what to show, such as "GET /orders"
      # @param id [String] the request id
      # @param integration [Symbol, nil]
      # @param request [HTTPRequest, nil]
      # @param client_context [String, nil] JSON
      # @return [Call]
      def start(event, kind:, title:, id: SecureRandom.uuid, integration: nil, request: nil, client_context: nil)
        record = @records.start(id: id, kind: kind, integration: integration, title: title, event: event, request: request)
        call = Call.new(event, title, id: id, record: record, client_context: client_context)
        @environments.submit(call)
        call
      end

      # Sends an event, waits for the outcome, and prints it.
      #
      # @return [Array(Call, String)] the call, which has an outcome, and the payload, also if it was streamed
      # @see #start
      def invoke(event, **details)
        complete(start(event, **details))
      end

      # Waits for the outcome of a call, and prints it.
      #
      # @param call [Call]
      # @return [Array(Call, String)] see {#invoke}
      def complete(call)
        started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        chunks = []
        while (chunk = call.next_chunk)
          chunks << chunk
        end
        outcome = call.outcome
        payload = chunks.empty? ? outcome.payload.to_s : chunks.join
        milliseconds = (Process.clock_gettime(Process::CLOCK_MONOTONIC) - started) * 1000
        @console.invoked(call.title, outcome, milliseconds, payload.bytesize)
        finish(call, outcome)
        [call, payload]
      end

      # Records the end of an invocation.
      #
      # @param call [Call]
      # @param outcome [Outcome]
      # @param status [Integer, nil] the status that an HTTP client got
      # @param headers [Array<Array(String, String)>, nil] the headers that an HTTP client got
      # @return [void]
      def finish(call, outcome, status: nil, headers: nil)
        self.class.finish(call.record, outcome, status: status, headers: headers)
      end

      # Records a request for which the function is not invoked.
      #
      # @param outcome [Outcome]
      # @param details [Hash{Symbol => Object}] see {Records#start}
      # @param status [Integer] the status that the client got
      # @return [void]
      def refuse(outcome, status:, **details)
        self.class.finish(@records.start(event: "", **details), outcome, status: status)
      end

      # @api private
      def self.finish(record, outcome, status: nil, headers: nil)
        record.finish(
          outcome: RECORDED.fetch(outcome.kind, outcome.kind), status: status, headers: headers, payload: outcome.payload,
          error: outcome.error || (outcome.response? ? nil : { "errorType" => outcome.kind.to_s, "errorMessage" => outcome.summary })
        )
      end
    end
  end
end
