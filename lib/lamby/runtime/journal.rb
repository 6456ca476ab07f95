# frozen_string_literal: true

module Lamby
  module Runtime
    # What a worker process has on its hands, told to the process that started it, so
    # that an invocation is not lost with the worker: a line before the handler is called,
    # one before the answer goes out, and one when it is delivered.
    class Journal
      # An invocation that a process has left behind.
      # @!attribute answering
      #   @return [Boolean] whether its answer was on its way
      Entry = Struct.new(:aws_request_id, :invocation_id, :answering)

      # @param writer [IO] a pipe's
      def initialize(writer)
        @writer = writer
      end

      # Says that the process can take invocations.
      #
      # @return [void]
      def ready
        @writer.syswrite("!\n")
      end

      # @param context [Context]
      # @return [void]
      def begun(context) = note("+", context)

      # @see #begun
      def answering(context) = note("=", context)

      # @see #begun
      def delivered(context) = note("-", context)

      private

      # Shorter than PIPE_BUF, so that threads' lines do not mix.
      def note(mark, context)
        @writer.syswrite("#{mark}#{context.aws_request_id}\t#{context.invocation_id}\n")
      end

      # The other end.
      class Reader
        # Seconds to wait for what a process has told before it ended.
        PATIENCE = 0.1
        private_constant :PATIENCE

        # @param io [IO] a pipe's
        # @yield when the process is ready, or will never be
        def initialize(io, &)
          @io = io
          @open = {}
          @thread = Thread.new { read(&) }
          @thread.report_on_exception = false
        end

        # What a process that has ended has left behind. Processes that it started may
        # hold its end of the pipe for long.
        #
        # @return [Array<Entry>]
        def left
          @thread.join(PATIENCE)
          close
          @open.values
        end

        # @return [void]
        def close
          @thread.kill
          @io.close
        end

        private

        def read
          ready = false
          @io.each_line(chomp: true) do |line|
            id, invocation_id = line[1..].split("\t")
            case line[0]
            when "!" then yield(ready = true)
            when "+" then @open[id] = Entry.new(id, invocation_id, false)
            when "=" then @open[id]&.answering = true
            when "-" then @open.delete(id)
            end
          end
        ensure
          yield unless ready
        end
      end
    end
  end
end
