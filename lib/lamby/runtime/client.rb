# frozen_string_literal: true

module Lamby
  module Runtime
    # A client of the Runtime API, for one thread.
    #
    # Two layers retry requests. Rust knows how much of a request was sent, so it decides whether a retry is safe. Ruby
    # can wait and write logs, so it decides whether and when to retry.
    #
    # Rust (Native::RuntimeClient, ext/runtime/src/exchange.rs):
    # - It continues a request that a signal has interrupted.
    # - It retries a request once, without a pause, if the server closed the keep-alive connection between two requests
    #   and the request cannot have had an effect.
    # - It classifies every other failure by the exception that it raises: {Unreachable} means that the request had no
    #   effect. {Unconfirmed} means that a whole response or error was sent, and that it may have arrived. After
    #   {TruncatedEvent}, {StreamClosed}, {Forked} or {Refused}, a retry would not help.
    #
    # Ruby (this class) sleeps before each retry. PAUSES contains the durations, 3.26 seconds in total:
    # - After {Unreachable}, it retries polls, responses, errors and the beginning of a stream. When no pause is left,
    #   it raises {Unreachable}, which ends the poller or the process. If the request reports an error of the
    #   initialization or of a restore, Ruby only logs the failure, because the process ends anyway.
    # - After {Unconfirmed}, it sends the response or the error of an invocation again. If the first attempt has
    #   arrived, the Runtime API refuses the second one with a status from 400 to 403, and Ruby logs a
    #   warning. When no pause is left, Ruby logs that it does not know whether the response or the error has arrived.
    #   The next poll then shows whether the Runtime API is still reachable.
    # - It does not retry the wait for a restore, the chunks of a stream after the first, or the end of a stream.
    #
    # Outside of this class, {Extension} retries its poll every 0.1 seconds, and {ThreadPool} restarts pollers that have
    # ended.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    class Client
      # Seconds to wait before each retry.
      PAUSES = [0.01, 0.05, 0.2, 1, 2].freeze
      # Longest error report in trailers, in bytes. Base64 makes the report a third longer, and Lambda's HTTP server
      # refuses more than 4 KB of trailers.
      TRAILER = 2_400
      private_constant :PAUSES, :TRAILER

      # @param api [String] host and port of the Runtime API
      # @raise [Error] if `api` is not an address
      def initialize(api)
        @native = Native::RuntimeClient.new(api, "lamby/#{VERSION} ruby/#{RUBY_VERSION}")
      end

      # Records in a file which invocation the client has in flight.
      #
      # @param log [Native::InFlightLog] the file
      # @param slot [Integer] the number of the slot in the file
      # @return [void]
      def log_in_flight(log, slot)
        @native.log_in_flight(log, slot)
      end

      # Waits for the next invocation. There is no timeout.
      #
      # The Array that it returns has these elements. No other comment lists their positions.
      # Native::RuntimeClient#next builds the Array, and {Context#initialize} names all elements. All elements except 0
      # and 1 may be nil, if Lambda does not send them.
      #
      #   0  event            String, the event's bytes
      #   1  request id       String, frozen, from Lambda-Runtime-Aws-Request-Id
      #   2  invocation id    String, frozen, from Lambda-Runtime-Invocation-Id
      #   3  deadline         Integer, milliseconds since 1970, from Lambda-Runtime-Deadline-Ms
      #   4  function's ARN   String, from Lambda-Runtime-Invoked-Function-Arn
      #   5  trace id         String, from Lambda-Runtime-Trace-Id
      #   6  client context   String of JSON, from Lambda-Runtime-Client-Context
      #   7  identity         String of JSON, from Lambda-Runtime-Cognito-Identity
      #   8  tenant id        String, from Lambda-Runtime-Aws-Tenant-Id
      #
      # The result is not a Struct, because a Struct would not save an allocation, and would take 0.4 µs longer for each
      # invocation (Ruby 3.1).
      #
      # @return [Array]
      # @raise [TruncatedEvent] if the event arrived only in part. The caller must report the invocation as failed
      # @raise [Refused, Unreachable] if the Runtime API cannot be used, so the process must end
      def next
        attempt = 0 # with_retries would take 500 processor instructions more for each invocation.
        begin
          @native.next
        rescue Unreachable
          attempt = pause(attempt)
          retry
        end
      end

      # Discards the invocation that {#next} was receiving when a signal, Thread#raise or Thread#kill interrupted it.
      #
      # @return [Array(String, String), nil] the request id and the invocation id; nil if no invocation has arrived
      def abandon
        @native.abandon
      end

      # Sends the response to an invocation. If the Runtime API refuses the response, logs the refusal.
      #
      # @param context [Context] the invocation
      # @param content_type [String]
      # @param body [String]
      # @return [void]
      # @raise [Refused, Unreachable] if the Runtime API cannot be used, so the process must end
      def respond(context, content_type, body)
        deliver_whole(context, "response") do
          @native.respond(context.aws_request_id, context.invocation_id, content_type, body)
        end
      end

      # Begins a streamed response.
      #
      # @param context [Context] the invocation
      # @param content_type [String]
      # @param first [String] the first chunk
      # @yield before the first byte is sent
      # @return [void]
      # @raise [StreamClosed, Unreachable]
      def begin_stream(context, content_type, first)
        yield
        with_retries { @native.begin_stream(context.aws_request_id, context.invocation_id, content_type, first) }
      end

      # Sends a chunk. Waits if the function's client reads more slowly than the application writes.
      #
      # @param chunk [String]
      # @return [void]
      # @raise [StreamClosed]
      def write_stream(chunk)
        @native.write_stream(chunk)
      end

      # Sends the rest of a chunk after a signal or an exception has interrupted {#write_stream}.
      #
      # @param chunk [String] the interrupted chunk
      # @return [void]
      # @raise [StreamClosed]
      def resume_stream(chunk)
        @native.resume_stream(chunk)
      end

      # Ends a streamed response.
      #
      # @param context [Context] the invocation
      # @param report [ErrorReport, nil] the error if the response ends early
      # @return [void]
      # @raise [StreamClosed]
      # @raise [Refused] if the Runtime API cannot be used, so the process must end
      def end_stream(context, report = nil)
        deliver(context, "response") { @native.end_stream(report&.type, report && [report.short_body(TRAILER)].pack("m0")) }
      end

      # Aborts the stream that another thread writes to. That thread gets {StreamClosed}.
      #
      # @return [void]
      def abort
        @native.abort
      end

      # Drops the connection. The next request opens another one.
      #
      # @return [void]
      def disconnect
        @native.disconnect
      end

      # Reports that an invocation failed.
      #
      # @param context [#aws_request_id, #invocation_id] the invocation
      # @param report [ErrorReport]
      # @param unsure [Boolean] whether the Runtime API may have received a response already
      # @return [Boolean] whether the Runtime API accepted the report
      # @raise [Refused, Unreachable] if the Runtime API cannot be used, so the process must end
      def report_error(context, report, unsure: false)
        body = report.body
        cause = report.cause
        deliver_whole(context, "error", unsure: unsure) do
          @native.report_error(context.aws_request_id, context.invocation_id, report.type, body, cause)
        end
      end

      # Reports that the initialization failed. The process must end afterwards.
      #
      # @param report [ErrorReport]
      # @return [void]
      def report_init_error(report) = report_once(:report_init_error, report)

      # Reports that an after_restore hook failed. The process must end afterwards.
      #
      # @param report [ErrorReport]
      # @return [void]
      def report_restore_error(report) = report_once(:report_restore_error, report)

      # Waits until Lambda has restored the process from its snapshot. Then drops the connection, because the snapshot
      # contains only a copy of a connection that no longer exists.
      #
      # @return [void]
      # @raise [Refused, Unreachable] if the Runtime API cannot be used, so the process must end
      def wait_for_restore
        @native.restore_next
      ensure
        @native.disconnect
      end

      private

      def report_once(method, report)
        status = with_retries { @native.public_send(method, report.type, report.body, report.cause) }
        Logging.error("the Runtime API answered #{status} to the error: #{@native.reply}") unless status == 202
      rescue Error => e
        Logging.error(e.message)
      end

      # Delivers a response or an error even if a signal, Thread#raise or Thread#kill interrupts the delivery. The
      # native client continues where it was interrupted. After the delivery, the exception propagates, or the thread
      # ends.
      def deliver_whole(context, what, unsure: false, &block)
        accepted = deliver(context, what, unsure: unsure, &block)
        ended = true
        accepted
      rescue Error, StreamClosed # The delivery itself failed, so nothing is left to continue.
        ended = true
        raise
      ensure
        deliver(context, what, unsure: true, &block) unless ended
      end

      # Delivers a response or an error. Sends it again if it may not have arrived. Counts the retries after each of the
      # two errors in one loop, because nested blocks would take 2,000 processor instructions more for each invocation.
      #
      # @return [Boolean] whether the Runtime API accepted it
      def deliver(context, what, unsure: false)
        unreachable = unconfirmed = 0
        begin
          status = yield
        rescue Unreachable
          unreachable = pause(unreachable)
          retry
        rescue Unconfirmed
          unconfirmed = pause(unconfirmed)
          unreachable = 0
          unsure = true
          retry
        end
        return true if status / 100 == 2

        refused(context, what, status, unsure: unsure)
        false
      rescue Unconfirmed => e
        Logging.error("#{e.message}; it is not known whether the #{what} has arrived", context)
        false
      end

      # Logs that the Runtime API refused a response or an error.
      #
      # @raise [Refused] if the process must end
      def refused(context, what, status, unsure:)
        case status
        when 410
          Logging.warn("the #{what} came too late: the invocation had timed out", context)
        when 413
          Logging.error("the #{what} was refused, because it is larger than Lambda accepts; the invocation failed. #{@native.reply}", context)
        when (500..) # "Container error. Non-recoverable state. Runtime should exit promptly."
          raise Refused, "the Runtime API answered #{status} to the #{what} of #{context.aws_request_id}: #{@native.reply}"
        when (unsure ? 400..403 : nil) # The Runtime API refuses a second response.
          Logging.warn("the #{what} was refused with #{status}: the Runtime API has a response already", context)
        else
          # A 400 means that the Runtime API already has a response. A 403 means that it does not wait for one. The
          # process continues after both. If the runtime itself is at fault, the Runtime API also refuses the next poll,
          # and the process then ends.
          Logging.error("the #{what} was refused with #{status}: #{@native.reply}", context)
        end
      end

      # Calls the block. After {Unreachable}, sleeps for the next of PAUSES, and calls the block again.
      #
      # @return the block's result
      # @raise the block's exception if no pause is left
      def with_retries
        attempt = 0
        begin
          yield
        rescue Unreachable
          attempt = pause(attempt)
          retry
        end
      end

      # Sleeps before a retry. Call it in a rescue clause.
      #
      # @param attempt [Integer] how many retries there were before
      # @return [Integer] how many retries there are with the next one
      # @raise the rescued exception if no pause is left
      def pause(attempt)
        raise unless (seconds = PAUSES[attempt])

        sleep seconds
        attempt + 1
      end
    end
  end
end
