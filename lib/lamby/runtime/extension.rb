# frozen_string_literal: true

module Lamby
  module Runtime
    # An internal extension that does nothing: with one, Lambda sends SIGTERM before it
    # ends the process; without, it does not.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    module Extension
      NAME = "lamby"
      private_constant :NAME

      # Registers it, before the first invocation is asked for: later, Lambda refuses.
      #
      # @param api [String] host and port of the Runtime API
      # @return [void]
      def self.start(api)
        client = Native::RuntimeClient.new(api, "lamby/#{VERSION}")
        identifier = client.register_extension(NAME)
        # To wait for an event is what says that the extension is ready; there will be none.
        thread = Thread.new do
          client.extension_event(identifier)
        rescue Unreachable # As when the connection was a snapshot's.
          sleep 0.1
          retry
        end
        thread.report_on_exception = false
      rescue Error => e
        Log.warn("on_shutdown hooks will not run, as the extension was not registered: #{e.message}")
      end
    end
  end
end
