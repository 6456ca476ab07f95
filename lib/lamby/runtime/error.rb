# frozen_string_literal: true

module Lamby
  module Runtime
    # An error of the runtime itself, not of the application.
    class Error < Lamby::Error; end

    # The connection failed, and the request certainly had no effect, so a retry is safe.
    class Unreachable < Error; end

    # The client has sent a whole response or a whole error report, but the connection failed before the Runtime API
    # confirmed it. If the Runtime API has received the first response or report, it refuses a second one with 400.
    class Unconfirmed < Error; end

    # The Runtime API refused a request because the request is wrong, or because the execution environment is broken.
    class Refused < Error; end

    # The connection failed in the middle of an event, or there was not enough memory for the event.
    class TruncatedEvent < Error
      # @return [String] the invocation's request id
      attr_reader :request_id
      # @return [String, nil] the invocation's id, see {Context#invocation_id}
      attr_reader :invocation_id

      def initialize(message, request_id, invocation_id)
        super(message)
        @request_id = request_id
        @invocation_id = invocation_id
      end
    end

    # The Runtime API no longer accepts this response's stream, or the stream is closed already.
    class StreamClosed < IOError; end

    # This process was forked from the process that runs the invocation, so it cannot respond.
    class Forked < StreamClosed; end

    # A streamed response would have exceeded the invocation's deadline, so Lamby ended it shortly before the deadline.
    class DeadlineExceeded < Error; end

    # A worker process ended in the middle of an invocation.
    class WorkerEnded < Error; end

    # `Thread#kill` or `Thread.exit` ended a thread in the middle of an invocation.
    class HandlerKilled < Error; end
  end
end
