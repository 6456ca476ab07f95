# frozen_string_literal: true

require "lamby/version"
require "lamby/boot"
require "lamby/error"
require "lamby/native"
require "lamby/config"
require "lamby/event"
require "lamby/body"
require "lamby/handler"
require "lamby/marshaller"

# Runs Rack and Rails applications on AWS Lambda, without a web server.
#
# In a container image's Dockerfile:
#
#   CMD ["config/environment.Lamby.cmd"]
#
# @see https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html
module Lamby
  autoload :ColdStartMetrics, "lamby/cold_start_metrics"
  autoload :Local, "lamby/local"
  autoload :CLI, "lamby/cli"
  autoload :Batch, "lamby/batch"
  autoload :DebugPage, "lamby/debug_page"
  autoload :FunctionHandler, "lamby/function_handler"
  autoload :ProxyContext, "lamby/proxy_context"
  autoload :ProxyServer, "lamby/proxy_server"
  autoload :RackStream, "lamby/rack_stream"
  autoload :Runtime, "lamby/runtime"
  autoload :SsmParameterStore, "lamby/ssm_parameter_store"

  class << self
    # Answers one invocation of the function with the configured application:
    # the handler to name in a function's configuration.
    #
    # @param event [Hash, String] the invocation's event: as AWS's Ruby client
    #   parses it, or its JSON bytes
    # @param context [#aws_request_id, nil] the invocation's context
    # @return [Hash{Symbol => Object}, String] what the integration that sent the
    #   event expects: a Hash for a Hash or a {Lamby::Event}, JSON for JSON
    # @raise [Lamby::Error] see {Lamby.handler}
    # @example config/environment.rb of a Rack application
    #   require "lamby"
    #   Lamby.config.rack_app = ->(env) { [200, { "content-type" => "text/plain" }, ["Hello"]] }
    def cmd(event:, context:)
      handler(config.application, event, context)
    rescue Exception => e # rubocop:disable Lint/RescueException -- told to the callback, and raised on
      raise
    ensure
      config.handled(event, context, e)
    end

    # Answers one event with an application.
    #
    # @param app [#call] a Rack application
    # @param event [Hash, String, Lamby::Event] see {Lamby.cmd}; never changed. An application can pass on its
    #   `env["lambda.event"]`: the payload for a {Lamby::Event} is a Hash
    # @param context [#aws_request_id, nil] see {Lamby.cmd}
    # @param _options [Hash] taken for the sake of old callers, who named the
    #   integration here; it is told from the event
    # @return [Hash{Symbol => Object}, String] see {Lamby.cmd}
    # @raise [InvalidEvent] the event cannot be read
    # @raise [UnhandledEvent] the event is not an HTTP request, and {Config#on} has no handler for it
    # @raise [InvalidResponse] the application's response is not what Rack asks for
    # @raise [ResponseTooLarge] the integration does not take that much
    # @raise [Exception] whatever the application raises
    # @example
    #   Lamby.handler(app, JSON.parse(File.read("event.json")), nil) # => { statusCode: 200, ... }
    def handler(app, event, context, _options = {})
      ColdStartMetrics.instrument! if config.cold_start_metrics || config.boot_metrics
      Handler.call(app, event, context)
    end

    # Runs a block for each record of an SQS, Kinesis or DynamoDB batch, and returns what tells
    # Lambda which of them failed, so that not all come again. It logs what they raised.
    #
    # The event source mapping has to have `ReportBatchItemFailures` among its function response
    # types, or Lambda takes the whole batch for done.
    #
    # Of a stream, and of a FIFO queue, the order counts: after a record that failed none is tried.
    #
    # @param event [Hash, Lamby::Event, String] of one of these sources; a String is its JSON bytes
    # @yieldparam record [Hash] one of its "Records"
    # @return [Hash{String => Array}] "batchItemFailures", for the handler to return
    # @raise [ArgumentError] where the event is of no such source
    # @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    # @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    def each_record(event, &)
      Batch.new(event).each(&)
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

    # Sets everything back to its default, then yields the settings.
    #
    # @yieldparam config [Lamby::Config]
    # @return [Lamby::Config]
    def reconfigure(&)
      config.reconfigure(&)
    end
  end
end

Lamby::Marshaller.install
