# frozen_string_literal: true

module Lamby
  module Runtime
    # Answers one invocation after the other.
    class Worker
      # What there is to say about an invocation whose event did not arrive.
      Lost = Struct.new(:aws_request_id, :invocation_id)
      private_constant :Lost

      # @param client [Client]
      # @param handler [FunctionHandler]
      # @param alone [Boolean] whether no other invocation runs in this process meanwhile
      # @param journal [Journal, nil] is told of each invocation
      def initialize(client, handler, alone: true, journal: nil)
        @client = client
        @handler = handler
        @alone = alone
        @journal = journal
        @streams = handler.bytes? && Lamby.config.invoke_mode == :response_stream
        @flusher = Flusher.new if @streams
      end

      # @return [Boolean] whether it has answered an invocation
      def answered?
        @answered
      end

      # @return [void]
      # @raise [Error] and the process has to end
      # @raise [SystemExit, SignalException, NoMemoryError] from the handler, when its invocation was answered
      def run
        loop { turn }
      end

      private

      def turn
        event, *fields = @client.next
        Context.enter(context = Context.new(fields), alone: @alone)
        # What a library of X-Ray's reads: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        ENV["_X_AMZN_TRACE_ID"] = context.trace_id if @alone
        @journal&.begun(context)
        context.response_stream = ResponseStream.new(@client, context, @flusher) { @journal&.answering(context) } if @streams
        answer(event, context)
      rescue TruncatedEvent => e
        lost = Lost.new(e.request_id, e.invocation_id)
        Log.failure(failure = Failure.new(e), lost)
        @client.fail(lost, failure)
      ensure
        @journal&.delivered(context) if context
        context&.response_delivered
        Context.enter(nil, alone: @alone)
      end

      # Once, whatever the handler does: return, raise, exit, or end its own thread.
      def answer(event, context)
        body = @handler.call(event, context)
        if (streamed = @streams && context.response_stream.begun?)
          context.response_stream.finish
        else
          type = body.is_a?(String) ? "application/json" : "application/octet-stream"
          body = body.read.to_s unless body.is_a?(String)
        end
        answered = true
      rescue Exception => e # rubocop:disable Lint/RescueException -- an invocation is answered, whatever happened
        answered = true
        raise if e.is_a?(Refused) || e.is_a?(Unreachable) # What the Runtime API said to a stream's end.

        failed(context, e)
        # The process is asked to end, or in no state to go on. Others' invocations are not ended with one.
        raise if @alone && (e.is_a?(SystemExit) || e.is_a?(SignalException) || e.is_a?(NoMemoryError))
      else
        unless streamed
          @journal&.answering(context)
          @client.respond(context, type, body)
        end
      ensure
        failed(context, HandlerKilled.new("the handler's thread was ended")) unless answered
        @answered = true
      end

      # The client has the status and some of the body already.
      def break_off(stream, failure, exception)
        exception.is_a?(StreamClosed) ? stream.abort : stream.fail(failure)
      end

      def failed(context, exception)
        failure = Failure.new(exception)
        Log.failure(failure, context)
        return break_off(context.response_stream, failure, exception) if context.response_stream&.begun?

        @journal&.answering(context)
        @client.fail(context, failure)
      end
    end
  end
end
