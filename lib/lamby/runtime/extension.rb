# frozen_string_literal: true

module Lamby
  module Runtime
    # Registers an internal extension that does nothing. Without a registered extension, Lambda sends no SIGTERM before
    # it ends the process.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    module Extension
      NAME = "lamby"
      private_constant :NAME

      # Registers the extension. Call this method before the first poll, because Lambda refuses a later registration.
      #
      # @param api [String] host and port of the Runtime API
      # @return [void]
      def self.start(api)
        client = Native::RuntimeClient.new(api, "lamby/#{VERSION}")
        identifier = client.register_extension(NAME)
        # The first request for an event tells Lambda that the extension is ready. Lambda sends no event, because the
        # extension subscribes to none.
        thread = Thread.new do
          client.extension_event(identifier)
        rescue Unreachable # For example, a restore breaks the connections that were open before the snapshot.
          sleep 0.1
          retry
        end
        thread.report_on_exception = false
      rescue Error => e
        Logging.warn("on_shutdown hooks will not run, because the extension could not be registered: #{e.message}")
      end
    end
  end
end
