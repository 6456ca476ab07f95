# frozen_string_literal: true

require "lamby/runtime/error"
require "lamby/runtime/log"
require "lamby/runtime/failure"
require "lamby/runtime/context"
require "lamby/runtime/client"
require "lamby/runtime/worker"

module Lamby
  # A runtime interface client: asks Lambda for invocations, has the function's handler
  # answer them, and says so. `lamby runtime` runs it; nothing else loads it.
  #
  # In a container image's Dockerfile:
  #
  #   ENTRYPOINT ["bundle", "exec", "lamby", "runtime"]
  #   CMD ["config/environment.Lamby.cmd"]
  #
  # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
  module Runtime
    autoload :Extension, "lamby/runtime/extension"

    class << self
      # Runs until Lambda ends the process.
      #
      # @param handler [String] the function's handler, such as "config/environment.Lamby.cmd"
      # @param api [String] host and port of the Runtime API, as of AWS_LAMBDA_RUNTIME_API
      # @return [Integer] status to exit with: 0 when the process was asked to end, else 1
      def run(handler, api)
        client = Client.new(api)
        handler = load_handler(handler, client) or return 1
        Extension.start(api) unless Lamby.config.shutdown_hooks.empty?
        Worker.new(client, handler).run
        1
      rescue SignalException => e
        raise unless %w[SIGTERM SIGINT].include?(e.signm) || e.is_a?(Interrupt)

        shut_down
        0
      rescue Error => e
        Log.fatal(e.message)
        1
      end

      private

      # The handler, or nil where it cannot be had: Lambda knows then.
      def load_handler(name, client)
        FunctionHandler.new(name).load
      rescue SignalException
        raise
      rescue Exception => e # rubocop:disable Lint/RescueException -- told to Lambda, and the process ends
        failure = Failure.new(e, initializing: true)
        Log.failure(failure)
        client.fail_init(failure)
        nil
      end

      # Lambda gives it 500 ms, or 300 of them beside an external extension.
      def shut_down
        Lamby.config.shutdown_hooks.each do |hook|
          hook.call
        rescue StandardError => e
          Log.error("on_shutdown: #{e.full_message(highlight: false)}")
        end
      end
    end
  end
end
