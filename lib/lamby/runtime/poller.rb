# frozen_string_literal: true

require "lamby/runtime/in_flight"

module Lamby
  module Runtime
    # Polls for invocations, one after the other. Calls the handler with each event, and sends the handler's response.
    class Poller
      # The content type of a response that the handler returned as JSON.
      JSON_TYPE = "application/json"
      # The content type of a response that the handler returned as an IO or a StringIO.
      BINARY_TYPE = "application/octet-stream"
      private_constant :JSON_TYPE, :BINARY_TYPE

      # @param client [Client]
      # @param handler [Function]
      # @param alone [Boolean] whether this process runs one invocation at a time
      def initialize(client, handler, alone: true)
        @client = client
        @handler = handler
        @alone = alone
        @bytes = 0 # The length of the event and the response.
        @streams = handler.bytes? && Handler::Output.streams?
        @flusher = StreamFlusher.new if @streams
        @process = Context.process = Process.pid
        Context.only_poller = self if alone
      end

      # @return [Context, nil] the context of the invocation that the poller runs
      attr_reader :context

      # @return [Boolean] whether the poller has responded to an invocation
      def responded?
        @responded
      end

      # @return [Boolean] whether this process was forked by the application and is ending
      def exiting?
        @exiting
      end

      # @return [Boolean] whether the poller is sending a response or an error to the Runtime API
      def responding?
        @responding
      end

      # Stops the poller. It takes no further invocation.
      #
      # @return [void]
      def stop
        @stopped = true
      end

      # Processes invocations until {#stop} is called.
      #
      # @return [void]
      # @raise [Error] if the Runtime API cannot be used. The process must then end
      # @raise [SystemExit, SignalException, NoMemoryError] from the handler, after the invocation was reported as
      #   failed
      def run
        until @stopped
          process_next
          Memory.collect if @bytes > Memory::LARGE
        end
      end

      private

      # Waits for the next invocation and handles it.
      def process_next
        invocation = @client.next
        event = invocation[0]
        @bytes = event.bytesize
        @context = context = Context.new(invocation)
        Context.enter(context) unless @alone
        TraceId.export(context.trace_id) if @alone
        context.response_stream = ResponseStream.new(@client, context, @flusher) if @streams
        taken = true
        respond_to(event, context)
      rescue TruncatedEvent => e
        taken = true
        report_truncated(InFlight.new(e.request_id, e.invocation_id), e)
      ensure
        report_abandoned unless taken
        unless @exiting
          context&.response_delivered
          @responding = false
          @context = nil
          Context.enter(nil) unless @alone
        end
      end

      # Reports an invocation as failed if an asynchronous exception, such as a signal, interrupts the arrival of
      # its event.
      def report_abandoned
        request_id, invocation_id = @client.abandon
        return unless request_id

        killed = HandlerKilled.new("the process or the thread was ended before the event had arrived")
        report_truncated(InFlight.new(request_id, invocation_id), killed)
      end

      # Reports an invocation as failed if its event has not arrived in full.
      def report_truncated(in_flight, exception)
        @client.report_error(in_flight, error_report = ErrorReport.new(exception))
        Logging.report(error_report, in_flight)
      end

      # Responds once, whether the handler returns, raises, exits, or ends its own thread. An exception that the
      # application raises fails the invocation, even if the exception's class is one of the runtime's own classes.
      def respond_to(event, context)
        body = @handler.call(event, context)
        streamed = @streams && body.equal?(Handler::Output::SENT)
        type = JSON_TYPE
        body, type = content(body), BINARY_TYPE unless streamed || body.is_a?(String)
      rescue Exception => e # rubocop:disable Lint/RescueException -- every invocation needs a response or a report
        reported = forked?
        exit_child(context, e) if reported
        error_report = ErrorReport.new(e) # ErrorReport calls the exception's methods, which may end the thread.
        reported = true
        report(error_report, context)
        raise error_report.interrupt if @alone && error_report.interrupt
        raise if @alone && ends_process?(e)
      else
        reported = @responding = true
        streamed ? finish(context) : respond(context, type, body)
      ensure
        report(ErrorReport.new(HandlerKilled.new(why_killed)), context) unless reported
        @responded = true
      end

      def why_killed
        @stopped ? "the process was asked to end before the handler had returned" : "the handler's thread was ended"
      end

      def forked?
        Process.pid != @process
      end

      # Ends a child process that the application has forked. If the application forks without a block, the handler
      # returns in the child too. The child must not send a response, because the invocation belongs to its parent. The
      # child's `at_exit` blocks run, as in a child that was forked with a block.
      #
      # @raise [SystemExit]
      def exit_child(context, exception = nil)
        @exiting = true
        case exception
        when nil then exit
        when SystemExit then raise exception
        when SignalException then exit(128 + exception.signo)
        else
          Logging.report(ErrorReport.new(exception), context)
          exit(1)
        end
      end

      # Returns whether the exception asks the process to end, or means that the process cannot go on. Called only in a
      # process that runs one invocation at a time. A process that runs several at once continues after each exception.
      def ends_process?(exception)
        case exception
        when SystemExit, SignalException, NoMemoryError then true
        end
      end

      # Returns the content of the IO or the StringIO that the handler returned.
      def content(io)
        bytes = io.read.to_s
        raise TypeError, "the handler returned an object whose read method does not return a String" unless bytes.is_a?(String)

        bytes
      end

      def respond(context, type, body)
        @bytes += body.bytesize
        @client.respond(context, type, body)
      rescue Forked # The client has noticed that this is a forked process.
        exit_child(context)
      end

      # Ends a streamed response. Some errors are noticed only here, for example a body that is shorter than its
      # Content-Length.
      def finish(context)
        context.response_stream.finish
      rescue Forked
        exit_child(context)
      rescue Refused
        raise
      rescue Exception => e # rubocop:disable Lint/RescueException -- the invocation must be reported as failed
        report(ErrorReport.new(e), context)
        raise if @alone && ends_process?(e)
      end

      # Reports the error to Lambda first, and logs it afterwards. In this order, the report does not wait for the log,
      # and Lambda gets the report even if logging fails.
      def report(error_report, context)
        @responding = true
        stream = context.response_stream
        reported = stream&.reported?(error_report)
        if stream&.begun? # The client may already have the status and a part of the body.
          stream.fail(error_report)
        else
          @client.report_error(context, error_report)
        end
      ensure
        Logging.report(error_report, context) unless reported
      end
    end
  end
end
