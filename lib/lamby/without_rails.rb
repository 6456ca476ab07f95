# frozen_string_literal: true

require "lamby/version"
require "lamby/metrics/boot_phases"
require "lamby/error"
require "lamby/native"
require "lamby/event"
require "lamby/body"
require "lamby/handler"
require "lamby/aws_runtime_client"
require "lamby/event_sources"
require "lamby/config"

# Runs Rack and Rails applications on AWS Lambda without a web server.
#
# In a container image's Dockerfile:
#
#   CMD ["config/environment.Lamby.cmd"]
#
# @see https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html
module Lamby
  autoload :CLI, "lamby/cli"
  autoload :Console, "lamby/console"
  autoload :Deployment, "lamby/deployment"
  autoload :Doctor, "lamby/doctor"
  autoload :Function, "lamby/function"
  autoload :Local, "lamby/local"
  autoload :Loopback, "lamby/loopback"
  autoload :Middleware, "lamby/middleware"
  autoload :ProxyContext, "lamby/proxy_context"
  autoload :ProxyServer, "lamby/proxy_server"
  autoload :Runtime, "lamby/runtime"
  autoload :Simulator, "lamby/simulator"
  autoload :SsmParameterStore, "lamby/ssm_parameter_store"
  autoload :Testing, "lamby/testing"

  # Metrics for CloudWatch.
  module Metrics
    autoload :ColdStart, "lamby/metrics/cold_start"
  end

  # Former names of Metrics::ColdStart, Middleware::DebugPage and Body::StreamMethods. These files define them.
  autoload :ColdStartMetrics, "lamby/metrics/cold_start"
  autoload :DebugPage, "lamby/middleware/debug_page"
  autoload :RackStream, "lamby/body/stream_methods"

  class << self
    # Handles one invocation with the configured application. Name this method as the handler in the function's
    # configuration.
    #
    # @param event [Hash, String] the invocation's event: a Hash, as AWS's Ruby client parses it, or its JSON bytes
    # @param context [#aws_request_id, nil] the invocation's context
    # @return [Hash{Symbol => Object}, String] the payload for the integration that sent the event: a Hash if the event
    #   is a Hash or a {Lamby::Event}, JSON bytes if the event is JSON bytes
    # @raise [Lamby::Error] see {Lamby.handler}
    # @example config/environment.rb of a Rack application
    #   require "lamby"
    #   Lamby.config.rack_app = ->(env) { [200, { "content-type" => "text/plain" }, ["Hello"]] }
    def cmd(event:, context:)
      settings = config
      begin
        handler(application(settings), event, context)
      rescue Exception => e # rubocop:disable Lint/RescueException -- passed to the callback, and raised again
        raise
      ensure
        Handler::Callbacks.handled(settings.handled_proc, event, context, e)
      end
    end

    # Handles one event with an application.
    #
    # @param app [#call] a Rack application
    # @param event [Hash, String, Lamby::Event] see {Lamby.cmd}. Lamby never changes it. An application can also pass
    #   its `env["lambda.event"]`. If this event is a {Lamby::Event}, the payload is a Hash
    # @param context [#aws_request_id, nil] see {Lamby.cmd}
    # @param _options [Hash] ignored. Callers that were written for older versions name the integration here. Lamby
    #   recognises the integration by the event
    # @return [Hash{Symbol => Object}, String] see {Lamby.cmd}
    # @raise [InvalidEvent] if the event cannot be read
    # @raise [UnhandledEvent] if the event is not an HTTP request, and {Config#on} has no handler for it
    # @raise [InvalidResponse] if the application did not return a Rack response
    # @raise [ResponseTooLarge] if the payload is larger than the integration accepts
    # @raise [Exception] any exception that the application raises
    # @example
    #   Lamby.handler(app, JSON.parse(File.read("event.json")), nil) # => { statusCode: 200, ... }
    def handler(app, event, context, _options = nil)
      settings = config
      Metrics::ColdStart.instrument! if settings.cold_start_metrics || settings.boot_metrics
      Handler.call(app, event, context)
    end

    # Calls the block for each record of an SQS, Kinesis or DynamoDB batch. Logs the exceptions that the block raises,
    # and returns a list of the failed records, so that Lambda retries only those.
    #
    # The event source mapping must have `ReportBatchItemFailures` among its function response types. Otherwise Lambda
    # ignores the list and treats the whole batch as done.
    #
    # Records of a stream or of a FIFO queue are ordered, so the block is not called for records after a failed one.
    #
    # @param event [Hash, Lamby::Event, String] an event from one of these sources. A String is the event's JSON bytes
    # @yieldparam record [Hash] one of the event's "Records"
    # @return [Hash{String => Array}] "batchItemFailures", which the handler must return
    # @raise [ArgumentError] if the event is from another source
    # @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    # @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    def each_record(event, &)
      EventSources::Batch.new(event).each(&)
    end

    # @return [Lamby::Config] the settings
    def config
      @config ||= Config.new
    end

    # Yields the settings.
    #
    # @yieldparam config [Lamby::Config]
    # @return [Lamby::Config]
    # @example
    #   Lamby.configure { |config| config.rack_app = MyApp }
    def configure
      yield config
      config
    end

    # Resets all settings to their defaults, then yields them.
    #
    # @yieldparam config [Lamby::Config]
    # @return [Lamby::Config]
    def reconfigure(&)
      config.reconfigure(&)
    end

    private

    # Returns the configured application. If none is configured, HTTP requests raise an error. Other events are still
    # handled, because a function may consist only of handlers of {Config#on}.
    def application(settings)
      settings.rack_app
    rescue Error => e
      ->(_env) { raise e }
    end
  end
end

Lamby::AwsRuntimeClient.install
