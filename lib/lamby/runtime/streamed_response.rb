# frozen_string_literal: true

module Lamby
  module Runtime
    # Writes a Rack response of any kind to a {ResponseStream}.
    module StreamedResponse
      # Bytes of a file at a time.
      PIECE = 256 * 1024
      private_constant :PIECE

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
            Native.response_prelude(integration, head_request, status, headers, head_request ? nil : length_of(body))
          return refuse(integration) unless prelude

          Deadline.within(stream) do
            stream.begin(prelude, content_length, env["rack.input"])
            next unless has_body
            next write(stream, headers.fetch("rack.hijack", nil), body) unless decoder

            unframed = UnframedStream.new(stream, decoder, env["rack.input"])
            write(unframed, headers.fetch("rack.hijack", nil), body)
            unframed.finish
          end
          true
        end

        private

        # Where it is known before it is read.
        def length_of(body)
          if body.is_a?(Array) then body.sum { |chunk| chunk.to_s.bytesize }
          elsif (path = path_of(body)) then File.size(path)
          end
        end

        def path_of(body)
          path = body.to_path if body.respond_to?(:to_path)
          path if path && File.file?(path)
        end

        def write(stream, hijack, body)
          if hijack
            hijack.call(stream)
            stream.wait
          elsif !body.is_a?(Array) && (path = path_of(body))
            write_file(stream, path)
          elsif body.respond_to?(:each)
            body.each { |chunk| stream.write(chunk) }
          elsif body.respond_to?(:to_ary)
            stream.write(*body.to_ary)
          elsif body.respond_to?(:call)
            body.call(stream)
            stream.wait
          else
            raise InvalidResponse, "the application's body is #{Native.describe(body)}; Rack wants one that answers each or call"
          end
        end

        def write_file(stream, path)
          File.open(path, "rb") do |file|
            piece = String.new(capacity: PIECE)
            stream.write(piece) while file.read(PIECE, piece)
          end
        end

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
