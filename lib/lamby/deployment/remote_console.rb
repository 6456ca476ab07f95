# frozen_string_literal: true

require "json"

module Lamby
  module Deployment
    # Runs commands and Ruby code in the deployed function, if its config.console is on.
    #
    # @see Console
    class RemoteConsole
      # The client context of a request of the console, in base64.
      CLIENT_CONTEXT = [JSON.generate("custom" => { "lamby" => Console::MARK })].pack("m0").freeze
      # An error that says that the function has run out of time.
      TIMEOUT = /Task timed out after/
      private_constant :CLIENT_CONTEXT, :TIMEOUT

      # @param stack [Stack]
      def initialize(stack)
        @stack = stack
        @function = RemoteFunction.new(stack)
      end

      # Runs a command of the shell.
      #
      # @param command [String]
      # @return [Hash{String => Object}] see {Console::Command#call}; "output" contains pairs of "out" or "err" and bytes
      # @raise [Failure]
      def run(command)
        reply = ask("run" => command)
        { **reply, "output" => reply.fetch("output").map { |name, bytes| [name, bytes.unpack1("m0")] } }
      end

      # Evaluates Ruby code.
      #
      # @param code [String]
      # @param session [String] an id, which stands for the local variables
      # @param line [Integer]
      # @return [Hash{String => Object}] see {Console::Session.evaluate}
      # @raise [Failure]
      def evaluate(code, session:, line:)
        ask("evaluate" => code, "session" => session, "line" => line)
      end

      private

      def ask(request)
        result = @function.invoke(JSON.generate(Console::KEY => request), client_context: CLIENT_CONTEXT)
        raise failure(CLI::FunctionError.new(result.payload)) if result.failed

        reply = JSON.parse(result.payload)
        reply = reply[Console::KEY] if reply.is_a?(Hash)
        raise Failure.new(:failed, unknown) unless reply.is_a?(Hash)

        { **reply, "version" => result.version }
      end

      def failure(error)
        Failure.new(:failed, explain(error))
      end

      def explain(error)
        case error.type
        when /Console(::)?Disabled\z/
          "the console of #{@stack.name} is off: set config.console to true in config/initializers/lamby.rb, and deploy it. " \
          "Then everybody with the IAM permission lambda:InvokeFunction can run any code in the function"
        when /UnhandledEvent\z/ then unknown
        when /Console(::)?InvalidRequest\z/ then "#{error.message}: deploy the function with the version of Lamby that you use here"
        else
          timeout = ": increase Timeout in template.yaml" if error.message.match?(TIMEOUT)
          "the invocation failed: #{error.message}#{timeout}"
        end
      end

      def unknown
        "the function of #{@stack.name} does not know this request: its handler has to be Lamby.cmd, " \
          "and its version of Lamby has to be 7.0 or newer"
      end
    end
  end
end
