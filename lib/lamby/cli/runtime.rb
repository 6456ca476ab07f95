# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby runtime`: answers Lambda's invocations until it is ended.
    class Runtime
      HELP = <<~TEXT
        Usage: lamby runtime [HANDLER]

        Answers Lambda's invocations: the entry point of a container image. In a Dockerfile:

            ENTRYPOINT ["bundle", "exec", "lamby", "runtime"]
            CMD ["config/environment.Lamby.cmd"]

        HANDLER is FILE.METHOD or FILE.CLASS.METHOD; without one, $_HANDLER is taken, which Lambda sets.
        Lambda sets $AWS_LAMBDA_RUNTIME_API as well. To try an event without it: lamby invoke.
      TEXT
      private_constant :HELP

      def initialize(arguments, out:)
        @out = out
        @help = arguments.any? { |argument| %w[-h --help].include?(argument) }
        raise UsageError, "there is no option #{arguments.grep(/\A-/).first}" if !@help && arguments.any?(/\A-/)
        raise UsageError, "give one handler, not #{arguments.size}" if arguments.size > 1

        @handler = arguments.first || ENV.fetch("_HANDLER", nil)
      end

      # @return [Integer] status to exit with
      def call
        return @out.puts(HELP) || 0 if @help

        Lamby::Runtime.run(@handler || missing("a handler, or _HANDLER"), api)
      end

      private

      def api
        ENV.fetch("AWS_LAMBDA_RUNTIME_API") { missing("AWS_LAMBDA_RUNTIME_API, which Lambda sets") }
      end

      def missing(what)
        raise UsageError, "the runtime needs #{what}; \"lamby invoke\" tries an event without Lambda"
      end
    end
  end
end
