# frozen_string_literal: true

require "lamby/simulator"

module Lamby
  # A local Lambda: `lamby serve`. An HTTP server converts each request to an integration's event. A child process, `lamby
  # runtime`, handles the event with the application. The server converts the payload to the integration's response.
  #
  # This process does not load the application, and nothing of this module is loaded on Lambda.
  #
  # @api private
  module Serve
    autoload :Call, "lamby/serve/call"
    autoload :ChildProcess, "lamby/serve/child_process"
    autoload :Console, "lamby/serve/console"
    autoload :Environment, "lamby/serve/environment"
    autoload :Environments, "lamby/serve/environments"
    autoload :ErrorPage, "lamby/serve/error_page"
    autoload :EventFactory, "lamby/serve/event_factory"
    autoload :Front, "lamby/serve/front"
    autoload :HTTPResponse, "lamby/serve/http_response"
    autoload :LocalOnly, "lamby/serve/local_only"
    autoload :Outcome, "lamby/serve/outcome"
    autoload :Refusals, "lamby/serve/refusals"
    autoload :Server, "lamby/serve/server"
    autoload :Settings, "lamby/serve/settings"
    autoload :StreamedResponse, "lamby/serve/streamed_response"
    autoload :Watcher, "lamby/serve/watcher"
  end
end
