# frozen_string_literal: true

module Lamby
  module Runtime
    # Turns the first SIGTERM or SIGINT into an exception in the main thread. Ignores later signals, because they would
    # interrupt the shutdown: when Lambda signals the whole process group, a worker process gets a second signal from
    # its parent.
    #
    # @api private
    class Signals
      EXCEPTIONS = { "TERM" => SignalException, "INT" => Interrupt }.freeze
      private_constant :EXCEPTIONS
      # How long pollers may take at shutdown to end and report the invocations in flight, in seconds. The hooks run
      # afterwards. Lambda gives 500 ms to the whole shutdown, or 300 ms if there is an external extension.
      # <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>
      SECONDS_FOR_POLLERS = 0.1

      # Installs the signal handlers. A forked process calls this method again. Otherwise it would ignore its first
      # signal if its parent had received a signal before the fork.
      #
      # @yield in the signal handler, before the exception is raised
      # @return [void]
      def listen(&on_signal)
        @exception = nil
        EXCEPTIONS.each do |name, error_class|
          trap(name) do
            next if @exception

            on_signal&.call
            raise @exception = error_class.new("SIG#{name}")
          end
        end
      end

      # Raises the signal's exception again, because the application may have rescued it.
      #
      # @raise [SignalException]
      def raise_again
        raise @exception
      end

      # @param exception [SignalException] the exception of any signal
      # @return [Boolean] whether the exception asks for an orderly shutdown
      def self.shutdown?(exception)
        exception.is_a?(Interrupt) || exception.signm == "SIGTERM"
      end
    end
  end
end
