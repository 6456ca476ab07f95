# frozen_string_literal: true

module Lamby
  module Runtime
    # The Runtime API's client, of one thread, with the rules for what it may say.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    class Client
      # Seconds to wait before a request is made again that had no effect.
      PAUSES = [0.01, 0.05, 0.2, 1, 2].freeze
      # Bytes of an error in trailers; base64 makes it a third longer.
      TRAILER = 2_400
      private_constant :PAUSES, :TRAILER

      # @param api [String] host and port
      # @raise [Error] where it is no address
      def initialize(api)
        @native = Native::RuntimeClient.new(api, "lamby/#{VERSION} ruby/#{RUBY_VERSION}")
      end

      # Records in a file which invocation the client has in flight.
      #
      # @param log [Native::InFlightLog]
      # @param slot [Integer]
      # @return [void]
      def log_in_flight(log, slot)
        @native.log_in_flight(log, slot)
      end

      # Waits for an invocation, for as long as that takes.
      #
      # @return [Array] the event's bytes, and {Context}'s fields
      # @raise [TruncatedEvent] and the invocation has to be failed
      # @raise [Refused, Unreachable] and the process has to end
      def next
        repeat { @native.next }
      end

      # Gives up the invocation that {next} was receiving when a signal, Thread#raise or Thread#kill ended it.
      #
      # @return [Array(String, String), nil] its request id and its invocation id; nil if none has come
      def abandon
        @native.abandon
      end

      # @param context [Context]
      # @param body [String]
      # @return [void]
      # @raise [Refused, Unreachable] and the process has to end
      def respond(context, content_type, body)
        deliver_whole(context, "response") do
          @native.respond(context.aws_request_id, context.invocation_id, content_type, body)
        end
      end

      # Begins an answer that goes out piece by piece.
      #
      # @param context [Context]
      # @param first [String] its first piece
      # @yield before anything is out
      # @return [void]
      # @raise [StreamClosed, Unreachable]
      def begin_stream(context, content_type, first)
        yield
        repeat { @native.begin_stream(context.aws_request_id, context.invocation_id, content_type, first) }
      end

      # @param piece [String]
      # @return [void] when it is out
      # @raise [StreamClosed]
      def write_stream(piece)
        @native.write_stream(piece)
      end

      # Sends the rest of a piece if its write was interrupted.
      #
      # @param piece [String] the interrupted piece
      # @return [void]
      # @raise [StreamClosed]
      def resume_stream(piece)
        @native.resume_stream(piece)
      end

      # @param context [Context]
      # @param failure [Failure, nil] why it breaks off, where it does
      # @return [void]
      # @raise [StreamClosed]
      # @raise [Refused] and the process has to end
      def end_stream(context, failure = nil)
        deliver(context, "response") { @native.end_stream(failure&.type, failure && [failure.short_body(TRAILER)].pack("m0")) }
      end

      # Ends the stream that another thread writes to: that one gets {StreamClosed}.
      #
      # @return [void]
      def hang_up
        @native.hang_up
      end

      # Lets go of the connection; the next request opens another.
      #
      # @return [void]
      def disconnect
        @native.disconnect
      end

      # @param context [#aws_request_id, #invocation_id]
      # @param failure [Failure]
      # @param unsure [Boolean] whether the Runtime API may have a response already
      # @return [Boolean] whether the Runtime API took it
      # @raise [Refused, Unreachable] and the process has to end
      def fail(context, failure, unsure: false)
        body = failure.body
        cause = failure.cause
        deliver_whole(context, "error", unsure: unsure) do
          @native.fail(context.aws_request_id, context.invocation_id, failure.type, body, cause)
        end
      end

      # Says that the function could not be initialized; the process is to end.
      #
      # @param failure [Failure]
      # @return [void]
      def fail_init(failure) = say_once(:fail_init, failure)

      # Says that the function could not go on after its snapshot was restored; the process is to end.
      #
      # @param failure [Failure]
      # @return [void]
      def fail_restore(failure) = say_once(:fail_restore, failure)

      # Waits until the process's snapshot is restored. The connection is the snapshot's, and
      # is opened anew.
      #
      # @return [void]
      # @raise [Refused, Unreachable] and the process has to end
      def wait_for_restore
        @native.restore_next
      ensure
        @native.disconnect
      end

      private

      def say_once(way, failure)
        status, said = repeat { @native.public_send(way, failure.type, failure.body, failure.cause) }
        Log.error("the Runtime API answered #{status} to the error: #{said}") unless status == 202
      rescue Error => e
        Log.error(e.message)
      end

      # Sends a response or an error to its end also where a signal, or Thread#raise or Thread#kill of the application,
      # interrupts it. The native client continues where it stopped. The exception is raised afterwards.
      def deliver_whole(context, what, unsure: false, &block)
        taken = deliver(context, what, unsure: unsure, &block)
        ended = true
        taken
      rescue Error, StreamClosed # They come from the client.
        ended = true
        raise
      ensure
        deliver(context, what, unsure: true, &block) unless ended
      end

      # Sends a response, and sends it again if it is not known whether it has arrived: the Runtime API refuses the
      # second one. The block has a name: see Deadline.keep.
      def deliver(context, what, unsure: false, &block)
        attempt = 0
        begin
          status, said = repeat(&block)
        rescue Unconfirmed => e
          unless (pause = PAUSES[attempt])
            Log.error("#{e.message}; whether the #{what} has arrived is not known", context)
            return false
          end
          attempt += 1
          sleep pause
          retry
        end
        unsure ||= attempt.positive?
        case status
        when 200..299 then return true
        when 410
          Log.warn("the #{what} came too late: the invocation had timed out", context)
        when 413
          Log.error("the #{what} was refused, as it is larger than Lambda takes; the invocation failed. #{said}", context)
        when (500..) # "Container error. Non-recoverable state. Runtime should exit promptly."
          raise Refused, "the Runtime API answered #{status} to the #{what} of #{context.aws_request_id}: #{said}"
        when (unsure ? 400..403 : nil) # The Runtime API refuses a second response.
          Log.warn("the #{what} was refused with #{status}: the Runtime API has a response already", context)
        else
          # 400, which says that it has an answer already, or 403, that it does not wait for one.
          # Where the runtime is out of step for good, the next invocation is refused as well.
          Log.error("the #{what} was refused with #{status}: #{said}", context)
        end
        false
      end

      def repeat
        attempt = 0
        begin
          yield
        rescue Unreachable
          raise unless (pause = PAUSES[attempt])

          attempt += 1
          sleep pause
          retry
        end
      end
    end
  end
end
