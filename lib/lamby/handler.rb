# frozen_string_literal: true

require "rack/version"

module Lamby
  # One event, answered by an application.
  module Handler
    require "lamby/handler/#{::Rack.release < "3" ? "rack2" : "rack3"}"
    RACK = ::Rack.release < "3" ? Rack2 : Rack3
    private_constant :RACK
    @more_env = RACK.env(**(@options = {}))
    @streaming = false

    ERROR_PAGE = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Internal Server Error</title></head>\n" \
                 "<body><h1>Internal Server Error</h1><p>The application could not answer this request.</p></body>\n</html>\n"
    private_constant :ERROR_PAGE

    class << self
      # Says in each env from now on that other threads may call the application meanwhile.
      #
      # @return [void]
      def multithread!
        @more_env = RACK.env(**(@options = @options.merge(multithread: true)))
      end

      # Has responses go out piece by piece from now on, where the context has a stream.
      #
      # @return [void]
      def stream!
        @streaming = true
        @more_env = RACK.env(**(@options = @options.merge(hijack: Runtime::StreamedResponse::FULL_HIJACK)))
      end

      # In one piece, as every request comes through it: what is rare is below.
      #
      # @see Lamby.handler
      def call(app, event, context)
        stream = stream_of(context) if @streaming
        env = {}
        given = event
        if (json = event.is_a?(String))
          given = Event.new(event)
        elsif event.is_a?(Event) # An application passes on its `lambda.event`.
          event = event.content
        end
        begin
          integration = Native.request(
            env, @more_env, event, context&.aws_request_id, $stderr, finished = [], replied = [], given, context
          )
        rescue UnhandledEvent, InvalidEvent => e # Before the application, which may raise what it likes.
          no_request = e
        end
        # Not within the rescue: what a handler raises has another cause.
        return other(event, given, context, no_request, json) if no_request

        head_request = env["REQUEST_METHOD"] == "HEAD"

        response = Lamby.config.answering(app, env).call(env)
        response = triplet(response) unless response.is_a?(Array) && response.size == 3
        status, headers, body = response
        begin
          headers = hash_of(headers) unless headers.is_a?(Hash)
          return if stream && Runtime::StreamedResponse.deliver(stream, integration, env, status, headers, body)

          hijack = headers.fetch("rack.hijack", nil) if @streaming
          chunks = head_request ? "" : Body.read(body, Body::Collector, env, hijack)
          if json
            Native.response_json(integration, head_request, status, headers, chunks)
          else
            Native.response_hash(integration, head_request, status, headers, chunks)
          end
        ensure
          # "If the body responds to close, it must be called" (Rack SPEC), whatever happened.
          body.close if !body.instance_of?(Array) && body.respond_to?(:close)
        end
      rescue Exception => e # rubocop:disable Lint/RescueException -- told to the callbacks, and raised on
        page = error_page(e, context) if integration && !stream&.begun?
        raise unless page

        Native.public_send(json ? :response_json : :response_hash, integration, head_request, *page)
      ensure
        finish(context, finished, replied, [env, status, headers, e]) unless replied.nil? || (finished.empty? && replied.empty?)
      end

      private

      # Calls the handler of an event that is not HTTP; raises the error if there is none.
      def other(event, given, context, error, json)
        given = read(event, error) if json
        response = EventSources.handler(given, context, error).call(given, context)
        return response unless json

        require "json"
        response.to_json
      end

      # Bytes that are not JSON are not an event.
      def read(event, error)
        Event.wrap(event)
      rescue JSON::ParserError
        raise error
      end

      # A page for an application's exception, where it is not to fail the invocation.
      def error_page(error, context)
        (Lamby.config.rescue_errors && error.is_a?(StandardError)) or return
        Runtime::Log.exception(error, "the application raised an exception (rescue_errors)", context)
        [500, { "content-type" => "text/html; charset=utf-8" }, ERROR_PAGE]
      end

      # Returns the invocation's stream to the first caller, and nil to later ones. An application may call the handler
      # again, with the same context, while it handles a request: that response is part of another, and is returned in
      # one piece.
      def stream_of(context)
        stream = context.response_stream if context.respond_to?(:response_stream)
        stream if stream&.claim
      end

      # "It takes exactly one argument, the environment, and returns a non-frozen Array
      # of exactly three elements" (Rack SPEC).
      def triplet(response)
        array = response.respond_to?(:to_ary) ? response.to_ary : response
        return array if array.is_a?(Array) && array.size == 3

        raise InvalidResponse, "the application returned #{Native.describe(response)}; Rack wants an Array of status, headers and body"
      end

      # A Hash in Rack 3; in Rack 2 anything that yields pairs.
      def hash_of(headers)
        return headers.to_hash if headers.respond_to?(:to_hash)
        return headers.enum_for(:each).to_h if headers.respond_to?(:each) && !headers.is_a?(Array)

        raise InvalidResponse, "the application's headers are #{Native.describe(headers)}; Rack wants a Hash"
      end

      # After the response was delivered, where the context can tell when that is; else now.
      #
      # First what Puma names `rack.after_reply`, then, as Puma does: "These callables are
      # invoked after the response has been finished, in reverse order, and are called with
      # the environment, status, headers and error; exceptions are caught" (Rack SPEC).
      def finish(context, *callbacks)
        return call_back(context, *callbacks) unless context.respond_to?(:after_response)

        context.after_response { call_back(context, *callbacks) }
      end

      def call_back(context, finished, replied, arguments)
        replied.each { |callback| attempt("rack.after_reply", context) { callback.call } }
        finished.reverse_each { |callback| attempt("rack.response_finished", context) { callback.call(*arguments) } }
      end

      def attempt(source, context)
        yield
      rescue StandardError, ScriptError, SystemStackError => e
        Runtime::Log.exception(e, source, context)
      end
    end
  end
end
