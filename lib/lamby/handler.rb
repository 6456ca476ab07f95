# frozen_string_literal: true

require "rack/version"
require "lamby/handler/callbacks"
require "lamby/handler/output"
require "lamby/handler/response"
require "lamby/handler/#{::Rack.release < "3" ? "rack2" : "rack3"}"

module Lamby
  # Handles one event with an application.
  module Handler
    autoload :ErrorPage, "lamby/handler/error_page"

    RACK = ::Rack.release < "3" ? Rack2 : Rack3
    private_constant :RACK
    class << self
      # Sets `rack.multithread` to true in each env from now on, because several threads may call the application at the
      # same time.
      #
      # @return [void]
      def multithread!
        add_options(multithread: true)
      end

      # From now on, streams each response whose invocation has a stream in its context.
      #
      # @return [void]
      def stream!
        Output.stream!
        add_options(hijack: Output::FULL_HIJACK)
      end

      # Handles one event. Every request runs this method, so it is kept short: other methods handle the rare cases.
      #
      # @return [Object] the payload, or {Output::SENT}
      # @see Lamby.handler
      def call(app, event, context)
        given = event
        if (json = event.is_a?(String))
          given = Event.new(event)
        elsif event.is_a?(Event) # An application has passed on its `lambda.event`.
          event = event.content
        end
        output = Output.for(json, context)
        begin
          env, integration = Native.request(
            @env_template, event, context&.aws_request_id,
            # rack.errors, rack.response_finished, rack.after_reply, lambda.event, lambda.context
            $stderr, finished = [], replied = [], given, context
          )
        rescue UnhandledEvent, InvalidEvent => e # Rescued only here, because the application may raise them, too.
          no_request = e
        end
        # This call is outside of the rescue, so that an exception of the event's handler does not get `no_request` as
        # its cause.
        return output.result(EventSources.call(event, (given unless json), context, no_request)) if no_request

        head_request = env["REQUEST_METHOD"] == "HEAD" # The application may change REQUEST_METHOD.
        app = Middleware.for(app, env) unless Lamby.config.without_middleware?
        response = app.call(env)
        response = Response.triplet(response) unless response.is_a?(Array) && response.size == 3
        status, headers, body = response
        begin
          response = [status, headers = Response.headers(headers), body] unless headers.is_a?(Hash)
          output.deliver(integration, head_request, env, response)
        ensure
          # "If the body responds to close, it must be called" (Rack SPEC), even after an exception.
          body.close if !body.instance_of?(Array) && body.respond_to?(:close)
        end
      rescue Exception => e # rubocop:disable Lint/RescueException -- passed to the callbacks, and raised again
        page = ErrorPage.for(e, context) if integration && Lamby.config.rescue_errors && !output.begun?
        raise unless page

        output.payload(integration, head_request, *page)
      ensure
        Callbacks.call(context, finished, replied, [env, status, headers, e]) unless replied.nil? || (finished.empty? && replied.empty?)
      end

      private

      # Adds options of Rack2.env and Rack3.env.
      def add_options(**options)
        @options = { **@options, **options }
        # It is frozen, so the native extension can use its copies again.
        @env_template = with_room(RACK.env(**@options)).freeze
      end

      # Returns a Hash with these entries and room for 64 entries, which a cleared Hash keeps. Its copies, the envs, have
      # the same room. Otherwise Ruby would move the entries of each env to a larger table, which takes 2 % of an event's
      # instructions.
      def with_room(entries)
        (1..64).to_h { |number| [number, nil] }.clear.merge!(entries)
      end
    end

    @options = {}
    add_options
  end
end
