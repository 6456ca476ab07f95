# frozen_string_literal: true

module Lamby
  module Handler
    # The destinations of a response. Lamby converts a response to a payload, which is a Hash ({HASH}) or JSON bytes
    # ({JSON}), or streams the response ({Stream}). Lamby streams a response only if all of these conditions are met:
    #
    # 1. {Config#invoke_mode} is `:response_stream` ({Output.stream!}, {Output.streams?}), and the native runtime runs
    #    `Lamby.cmd`.
    # 2. The invocation has a stream that no other response has claimed ({Output.for}).
    # 3. The integration accepts a stream ({Stream#deliver}).
    #
    # Only {Output.for} and {Stream} check these conditions for a response.
    #
    # @api private
    module Output
      # {Handler.call} and `Lamby.cmd` return this object if the response was streamed.
      SENT = Object.new.freeze
      # The value of `rack.hijack` in the env, which an application calls for a full hijack. It raises, because a
      # function has no connection to the client that the application could take over.
      FULL_HIJACK = proc { raise NotImplementedError, "Lambda has no full hijack; set the header rack.hijack in the response instead" }

      @streams = false

      class << self
        # From now on, streams each response whose invocation has a stream in its context.
        #
        # @return [void]
        def stream!
          require "lamby/handler/output/stream"
          @streams = true
        end

        # @return [Boolean] whether responses may stream
        def streams?
          @streams
        end

        # Returns the destination of an event's response.
        #
        # @param json [Boolean] whether the event came as JSON bytes
        # @param context [Object] the invocation's context
        # @return [HashPayload, JSONPayload, Stream]
        def for(json, context)
          payload = json ? JSON : HASH
          @streams ? Stream.new(stream_of(context), payload) : payload
        end

        private

        # Returns the invocation's stream to the first caller, and nil to later ones. An application may call the
        # handler again, with the same context, while it handles a request. The response of such a nested call becomes
        # part of another response, so Lamby returns it as a whole.
        def stream_of(context)
          stream = context.response_stream if context.respond_to?(:response_stream)
          stream if stream&.claim
        end
      end

      # A response that is returned as a whole.
      class Payload
        # Returns the payload for a response.
        #
        # @param integration [Symbol]
        # @param head_request [Boolean]
        # @param env [Hash] the request's env
        # @param response [Array] status, headers as a Hash, and body
        # @param hijack [#call, nil] the value of the response's `rack.hijack` header
        # @return [Hash, String]
        def deliver(integration, head_request, env, response, hijack = nil)
          status, headers, body = response
          # Most bodies are Arrays. For an Array, Body.read would return the same chunks, but take more time.
          chunks = body.is_a?(Array) && !hijack ? body : Body.read(body, Body::Collector, env, hijack) unless head_request
          payload(integration, head_request, status, headers, chunks || "")
        end

        # @return [Boolean] whether the client may have received a part of the response
        def begun?
          false
        end
      end

      # A payload that is a Hash, for an event that came as a Hash.
      class HashPayload < Payload
        # @return [Hash{Symbol => Object}]
        def payload(integration, head_request, status, headers, chunks)
          Native.response_hash(integration, head_request, status, headers, chunks)
        end

        # @param value [Object] the result of the handler of an event that is not HTTP
        # @return [Object]
        def result(value)
          value
        end
      end

      # A payload of JSON bytes, for an event that came as JSON bytes.
      class JSONPayload < Payload
        # @return [String]
        def payload(integration, head_request, status, headers, chunks)
          Native.response_json(integration, head_request, status, headers, chunks)
        end

        # @param value [Object] see {HashPayload#result}
        # @return [String]
        def result(value)
          require "json"
          value.to_json
        end
      end

      HASH = HashPayload.new.freeze
      JSON = JSONPayload.new.freeze
    end
  end
end
