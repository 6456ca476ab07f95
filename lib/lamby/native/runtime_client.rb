# frozen_string_literal: true

require "lamby/native/invocation"
require "lamby/native/reported_error"

module Lamby
  module Native
    # A client of the Runtime API, for one thread. {Runtime::Client} describes the methods, and calls them. liblamby knows
    # which invocation is in flight, so it does not need the ids that some methods get.
    class RuntimeClient
      # The beginning of liblamby's message if the Runtime API has refused a response or an error.
      REPLY = /\Athe Runtime API answered (\d+): (.*)/m
      # Seconds in which a call for a stream may end after an exception has interrupted the thread that waits for it.
      PATIENCE = 0.05
      private_constant :REPLY, :PATIENCE

      # @param address [String]
      # @param agent [String]
      # @raise [Runtime::Error] if the address has another form
      def initialize(address, agent)
        place = ::FFI::MemoryPointer.new(:pointer)
        status = Library.lamby_runtime_open(address, address.bytesize, agent, agent.bytesize, place)
        raise Runtime::Error, Library.message unless status == Status::OK

        @handle = ::FFI::AutoPointer.new(place.read_pointer, Library.method(:lamby_runtime_close))
        @invocation = Invocation.new
        @stopped = @continues = false
        @reply = @arrived = @stream = nil # @stream is :open while a response streams, and :closed if its connection has failed.
      end

      # @return [Array] see {Runtime::Client#next}
      def next
        @reply = @stream = nil
        @stopped = false
        fields = interruptible(-> { interrupt }) { receive }
        @arrived = nil
        fields
      end

      # @return [Array(String, String), nil] the ids of an invocation whose event has arrived while {#next} was interrupted.
      #   If the event has not arrived in full, Lambda reports the invocation as failed when the process ends
      def abandon
        arrived = @arrived
        @arrived = nil
        arrived && arrived[1, 2]
      end

      # @return [Integer] the status of the Runtime API's reply
      def respond(_request_id, _invocation_id, _content_type, body)
        deliver { Library.lamby_runtime_respond(@handle, body, body.bytesize) }
      end

      # @return [Integer] see {#respond}
      def report_error(_request_id, _invocation_id, type, body, _cause)
        error = ReportedError.new(type, body)
        deliver { Library.lamby_runtime_report_error(@handle, error) }
      end

      # @return [Integer] see {#respond}
      def report_init_error(type, body, cause) = report_error(nil, nil, type, body, cause)

      # @param prelude [Prelude]
      # @return [void]
      def begin_stream(_request_id, _invocation_id, _content_type, prelude)
        send_part(prelude)
      end

      # @param chunk [String]
      # @return [void]
      def write_stream(chunk)
        send_part(chunk)
      end

      # Sends a prelude or a chunk again, if an exception has interrupted the call before its end.
      #
      # @param part [Prelude, String]
      # @return [void]
      def resume_stream(part)
        send_part(part) if @continues
      end

      # Ends the stream. Reports the error if liblamby has refused to begin the stream.
      #
      # @return [Integer] see {#respond}
      def end_stream(type, body)
        check_open
        error = type && ReportedError.new(type, body.unpack1("m0"))
        return deliver { Library.lamby_runtime_report_error(@handle, error) } unless @stream

        interruptible(-> { abort }, PATIENCE) do
          @reply ||= reply_for(keep_state(repeat { Library.lamby_runtime_stream_end(@handle, error) }))
        end
        @reply.first
      end

      # @return [String] the body of the last reply to a response or an error
      def reply = @reply&.last.to_s

      # Closes the connection of the stream. Any thread may call it. The thread that writes to the stream raises
      # {Runtime::StreamClosed}.
      #
      # @return [void]
      def abort
        Library.lamby_runtime_stream_abort(@handle)
      end

      # Ends a stream that {#abort} has closed. Afterwards, {#report_error} can report why. Does nothing if there is no stream.
      #
      # @return [void]
      def disconnect
        # The status is STREAM_CLOSED, or INVALID_ARGUMENT if a write has returned STREAM_CLOSED before.
        Library.lamby_runtime_stream_end(@handle, nil) if @stream == :open
        @stream &&= :closed
        @reply = nil
      end

      # @raise [Runtime::Error]
      def log_in_flight(*) = raise(Native.unsupported("worker processes (config.workers)", Runtime::Error))

      # @raise [Runtime::Error]
      def register_extension(*) = raise(Native.unsupported("on_shutdown hooks", Runtime::Error))

      # @raise [Runtime::Error]
      def restore_next = raise(Native.unsupported("functions with SnapStart", Runtime::Error))

      private

      # Waits for an invocation, and keeps its fields for {#abandon}.
      def receive
        case status = repeat { Library.lamby_runtime_next(@handle, @invocation) }
        when Status::OK then @arrived = @invocation.to_a
        when Status::TRUNCATED then raise Runtime::TruncatedEvent.new(Library.message, nil, nil)
        else Library.check(status)
        end
      end

      # Runs the block in another thread, because Ruby's exceptions and signals do not interrupt a function of a library. If
      # an exception interrupts this thread, and the block does not end within `patience`, calls `stop`, which ends it.
      def interruptible(stop, patience = 0, &block)
        thread = Thread.new(&block)
        thread.report_on_exception = false
        thread.value
      ensure
        if thread&.alive? && !ended?(thread, patience)
          stop.call
          ended?(thread)
        end
      end

      # Waits for the thread, whose own exception does not matter any more.
      def ended?(thread, seconds = nil)
        thread.join(seconds)
      rescue StandardError, NoMemoryError
        true
      end

      # Ends the wait for an invocation.
      def interrupt
        @stopped = true
        Library.lamby_runtime_interrupt(@handle)
      end

      # Sends a response or an error, and returns the status of the Runtime API's reply. {Runtime::Client} calls again after
      # an exception has interrupted it. If the first call has got a reply, the second call returns the same status.
      def deliver(&block)
        finish { @reply ||= reply_for(repeat(&block)) }
        @reply.first
      end

      # Returns the status and the body of the Runtime API's reply.
      def reply_for(status)
        return [202, ""] if status == Status::OK

        code, body = Library.message.match(REPLY)&.captures if status == Status::REFUSED
        Library.check(status) unless code
        [code.to_i, body]
      end

      def send_part(part)
        check_open
        @continues = true
        interruptible(-> { abort }, PATIENCE) do
          status = keep_state(repeat { call_for(part) })
          @continues = false
          Library.check(status)
        end
      end

      # Records whether the stream is open after a call that returned this status, and returns the status.
      def keep_state(status)
        @stream = :open if status == Status::OK
        @stream = :closed if status == Status::STREAM_CLOSED
        status
      end

      def check_open
        raise Runtime::StreamClosed, "the response's stream is closed" if @stream == :closed
      end

      def call_for(part)
        return Library.lamby_runtime_stream_write(@handle, part, part.bytesize) unless part.is_a?(Prelude)

        Library.lamby_runtime_stream_begin(@handle, part.request, part.status, part, part.bytesize)
      end

      # Runs the block to its end, so that the instance variables always say whether a call has succeeded. Ruby raises other
      # threads' exceptions afterwards.
      def finish(&)
        Thread.handle_interrupt(Object => :never, &)
      end

      # Calls the block again until it is not interrupted by a signal.
      def repeat
        loop do
          status = yield
          return status unless status == Status::INTERRUPTED
          raise Runtime::Error, "the wait for an invocation was interrupted" if @stopped
        end
      end
    end
  end
end
