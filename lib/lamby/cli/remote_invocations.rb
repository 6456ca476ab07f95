# frozen_string_literal: true

module Lamby
  module CLI
    # Invokes the deployed function, and reports as `lamby invoke` does for the application on this machine.
    class RemoteInvocations
      # The log of a remote invocation, in place of the files of a {LogExcerpt}.
      Log = Struct.new(:result) do
        # @return [Hash{String => Array<String>}]
        def lines
          result.log.empty? ? {} : { "The end of the log of version #{result.version}" => result.log }
        end
      end
      private_constant :Log

      # @param stack [Deployment::Stack]
      # @param out [IO]
      # @param json [Boolean] whether to print only payloads to `out`
      # @param fail_on_error [Boolean] whether a response with an error is a failure
      # @param report [Hash{Symbol => Boolean}] options of {InvocationReport}
      def initialize(stack, out:, json: false, fail_on_error: false, **report)
        @function = Deployment::RemoteFunction.new(stack)
        @stack = stack
        @out = out
        @json = json
        @fail = fail_on_error
        @report = report
        @terminal = Terminal.new(out)
      end

      # @param event [String] JSON
      # @return [Integer] exit status
      def invoke(event)
        result = @terminal.waiting("Invoking #{@stack.name}") { @function.invoke(event) }
        @out.puts result.payload if @json
        report = InvocationReport.new(@json ? $stderr : @out, log: Log.new(result), **@report)
        return failed(result, report) if result.failed

        invocation = Invocation.new(event, result.payload, result.milliseconds)
        report.returned(invocation, ErrorRecorder.new(nil)) unless @json
        @fail && invocation.error? ? 1 : 0
      rescue InvalidResponse => e
        report.failed(e)
        1
      end

      private

      def failed(result, report)
        report.function_error(FunctionError.new(result.payload))
        1
      end
    end
  end
end
