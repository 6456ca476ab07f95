# frozen_string_literal: true

module Lamby
  module Runtime
    # What keeps the runtime from its work.
    class Error < Lamby::Error; end

    # The Runtime API could not be asked, and certainly took nothing: asking again is safe.
    class Unreachable < Error; end

    # A whole response was sent, and the connection broke before the Runtime API had confirmed it. If the Runtime API
    # has received it, it refuses the same response with 400.
    class Unconfirmed < Error; end

    # The Runtime API says that the runtime is wrong, or that the sandbox is broken.
    class Refused < Error; end

    # The connection broke inside of an event, or there was no memory for it.
    class TruncatedEvent < Error
      # @return [String]
      attr_reader :request_id
      # @return [String, nil]
      attr_reader :invocation_id

      def initialize(message, request_id, invocation_id)
        super(message)
        @request_id = request_id
        @invocation_id = invocation_id
      end
    end

    # Nobody takes the response's stream any more, or it is closed already.
    class StreamClosed < IOError; end

    # This process was forked from the one that runs the invocation. It cannot respond.
    class Forked < StreamClosed; end

    # A response was not finished when the invocation was about to time out.
    class DeadlineExceeded < Error; end

    # A worker process ended in the middle of an invocation.
    class WorkerEnded < Error; end

    # A thread was ended, by `Thread#kill` or `Thread.exit`, in the middle of an invocation.
    class HandlerKilled < Error; end
  end
end
