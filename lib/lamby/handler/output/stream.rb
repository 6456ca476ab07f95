# frozen_string_literal: true

require "lamby/body/sender"

module Lamby
  module Handler
    module Output
      # Sends a response while the application generates it, if that is possible.
      #
      # @api private
      class Stream
        @refused = []

        class << self
          # Logs that an integration does not accept a stream, but only once for each integration.
          #
          # @param integration [Symbol]
          # @return [void]
          def refuse(integration)
            return if @refused.include?(integration)

            @refused << integration
            Runtime::Logging.warn("a response to #{integration} is not streamed: only Function URLs (InvokeMode RESPONSE_STREAM) " \
                                  "and REST APIs (response transfer mode STREAM) accept a stream")
          end
        end

        # @param stream [Runtime::ResponseStream, nil] nil if the invocation has no stream for this response
        # @param payload [Payload] the destination of a response that cannot be streamed
        def initialize(stream, payload)
          @stream = stream
          @payload = payload
        end

        # Streams a response. If the invocation has no stream, or the integration does not accept one, returns the
        # payload.
        #
        # @param integration [Symbol]
        # @param head_request [Boolean]
        # @param env [Hash] the request's env
        # @param response [Array] status, headers as a Hash, and body
        # @return [Object] {SENT}, or the payload
        # @raise [Runtime::DeadlineExceeded] if the invocation is about to time out
        # @raise [Runtime::StreamClosed] if the client has disconnected
        def deliver(integration, head_request, env, response)
          status, headers, body = response
          hijack = headers.fetch("rack.hijack", nil)
          if @stream
            prelude, has_body, content_length, decoder =
              Native.response_prelude(integration, head_request, status, headers, head_request ? nil : Body.length(body))
            Stream.refuse(integration) unless prelude
          end
          return @payload.deliver(integration, head_request, env, response, hijack) unless prelude

          Runtime::Deadline.within(@stream) do
            @stream.begin(prelude, content_length, env["rack.input"])
            send_body(body, env, hijack, decoder) if has_body
          end
          SENT
        end

        # @return [Boolean] whether the client may have received a part of the response
        def begun?
          @stream&.begun?
        end

        # @see Payload#payload
        def payload(...)
          @payload.payload(...)
        end

        # @see Payload#result
        def result(value)
          @payload.result(value)
        end

        private

        # Sends the body. If the application has set `Transfer-Encoding: chunked`, it has already encoded its body in
        # chunks. Lambda needs the content without this encoding, so a decoder removes it.
        def send_body(body, env, hijack, decoder)
          return Body.read(body, Body::Sender.new(@stream), env, hijack) unless decoder

          unframed = Runtime::UnframedStream.new(@stream, decoder, env["rack.input"])
          Body.read(body, Body::Sender.new(unframed), env, hijack)
          unframed.finish
        end
      end
    end
  end
end
