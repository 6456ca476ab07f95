# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby runtime`: runs a handler for Lambda's invocations until Lambda ends the process.
    class RuntimeCommand
      HELP = <<~TEXT
        Usage: lamby runtime [HANDLER]

        Runs a handler for each of Lambda's invocations, as the entry point of a container image. In a
        Dockerfile:

            ENTRYPOINT ["bundle", "exec", "lamby", "runtime"]
            CMD ["config/environment.Lamby.cmd"]

        HANDLER is FILE.METHOD or FILE.CLASS.METHOD. The default is $_HANDLER, which Lambda sets. Lambda
        also sets $AWS_LAMBDA_RUNTIME_API, which the runtime needs. Without Lambda, "lamby serve" runs this
        command, and "lamby invoke" handles one event.

            -h, --help                       Print this help
      TEXT
      private_constant :HELP

      def initialize(arguments, out:)
        @out = out
        @help = arguments.any? { |argument| %w[-h --help].include?(argument) }
        raise UsageError, "there is no option #{arguments.grep(/\A-/).first}" if !@help && arguments.any?(/\A-/)
        raise UsageError, "#{arguments.size} handlers are given: the runtime takes one" if arguments.size > 1

        @handler = arguments.first || ENV.fetch("_HANDLER", nil)
      end

      # Runs until Lambda ends the process.
      #
      # @return [Integer] exit status
      def call
        return @out.puts(HELP) || 0 if @help

        Lamby::Runtime.run(@handler || missing("a handler: the argument HANDLER, or the variable _HANDLER"), api)
      end

      private

      def api
        ENV.fetch("AWS_LAMBDA_RUNTIME_API") { missing("AWS_LAMBDA_RUNTIME_API, which Lambda sets") }
      end

      def missing(what)
        raise UsageError, "the runtime needs #{what}. To run the application without Lambda, use \"lamby serve\" or \"lamby invoke\""
      end
    end
  end
end
