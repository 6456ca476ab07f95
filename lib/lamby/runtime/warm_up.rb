# frozen_string_literal: true

module Lamby
  module Runtime
    # Sends a request to the application before the first invocation, so that the first client does not wait for what
    # an application loads during its first request: templates, autoloaded classes, connections, caches.
    module WarmUp
      # The value of `User-Agent`, by which the application can recognise the request.
      USER_AGENT = "lamby-warm-up"
      # Rails' force_ssl redirects a request without `X-Forwarded-Proto: https`.
      HEADERS = { "user-agent" => USER_AGENT, "x-forwarded-proto" => "https" }.freeze
      private_constant :HEADERS

      # Sends a GET request and ignores its response. If the application raises or responds with an error, only logs it,
      # because the next requests may succeed.
      #
      # @param path [String] a path, with a query if needed
      # @return [void]
      def self.run(path)
        event = Simulator.event(:function_url, url: "https://localhost#{path}", headers: HEADERS)
        status = Simulator.answer(:function_url, Handler.call(Lamby.config.rack_app, event, nil)).status
        Logging.warn("the application responded with #{status} to the request of config.warm_up_path, GET #{path}") if status >= 400
      rescue StandardError, ScriptError, SystemStackError => e
        Logging.exception(e, "config.warm_up_path, GET #{path}")
      end
    end
  end
end
