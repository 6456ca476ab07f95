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
    autoload :Asynchronous, "lamby/serve/asynchronous"
    autoload :Call, "lamby/serve/call"
    autoload :ChildProcess, "lamby/serve/child_process"
    autoload :Console, "lamby/serve/console"
    autoload :Controls, "lamby/serve/controls"
    autoload :Environment, "lamby/serve/environment"
    autoload :Environments, "lamby/serve/environments"
    autoload :ErrorPage, "lamby/serve/error_page"
    autoload :EventFactory, "lamby/serve/event_factory"
    autoload :EventKind, "lamby/serve/event_kind"
    autoload :Front, "lamby/serve/front"
    autoload :HTTPRequest, "lamby/serve/http_request"
    autoload :HTTPResponse, "lamby/serve/http_response"
    autoload :Inspector, "lamby/serve/inspector"
    autoload :InvokeEndpoint, "lamby/serve/invoke_endpoint"
    autoload :Invoker, "lamby/serve/invoker"
    autoload :Journal, "lamby/serve/journal"
    autoload :LocalOnly, "lamby/serve/local_only"
    autoload :Outcome, "lamby/serve/outcome"
    autoload :PumaLog, "lamby/serve/puma_log"
    autoload :QueueClient, "lamby/serve/queue_client"
    autoload :QueuePoller, "lamby/serve/queue_poller"
    autoload :Records, "lamby/serve/records"
    autoload :Refusals, "lamby/serve/refusals"
    autoload :Report, "lamby/serve/report"
    autoload :Router, "lamby/serve/router"
    autoload :Server, "lamby/serve/server"
    autoload :Settings, "lamby/serve/settings"
    autoload :Signals, "lamby/serve/signals"
    autoload :StreamedResponse, "lamby/serve/streamed_response"
    autoload :Template, "lamby/serve/template"
    autoload :Watcher, "lamby/serve/watcher"
  end
end
