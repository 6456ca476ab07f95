# frozen_string_literal: true

module Lamby
  module Runtime
    # Writes a Rack response of any kind to a {ResponseStream}.
    module StreamedResponse
      # There is no connection with the client to take over.
      FULL_HIJACK = proc { raise NotImplementedError, "Lambda has no full hijack; a rack.hijack header in the response works" }

      class << self
        # @param stream [ResponseStream]
        # @param env [Hash] of the request
        # @return [Boolean] false where the integration takes a response in one piece only
        # @raise [DeadlineExceeded] where the invocation is about to time out
        # @raise [StreamClosed] where nobody takes the response any more
        def deliver(stream, integration, env, status, headers, body)
          head_request = env["REQUEST_METHOD"] == "HEAD"
          prelude, has_body, content_length, decoder =
            Native.response_prelude(integration, head_request, status, headers, head_request ? nil : Body.length(body))
          return refuse(integration) unless prelude

          Deadline.within(stream) do
            stream.begin(prelude, content_length, env["rack.input"])
            next unless has_body

            hijack = headers.fetch("rack.hijack", nil)
            next Body.read(body, Body::Sender.new(stream), env, hijack) unless decoder

            unframed = UnframedStream.new(stream, decoder, env["rack.input"])
            Body.read(body, Body::Sender.new(unframed), env, hijack)
            unframed.finish
          end
          true
        end

        private

        def refuse(integration)
          return false if (@refused ||= []).include?(integration)

          @refused << integration
          Log.warn("a response to #{integration} goes out in one piece: only Function URLs (InvokeMode RESPONSE_STREAM) " \
                   "and REST APIs (response transfer mode STREAM) take a stream")
          false
        end
      end
    end
  end
end
