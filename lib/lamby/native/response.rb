# frozen_string_literal: true

module Lamby
  module Native
    # A Rack response in the form that liblamby reads: its status as an Integer, its headers as one block of bytes, and its
    # body as one String.
    module Response
      # liblamby's type for a status is a C `int`. A larger number is wrong, too, so the largest `int` replaces it.
      LARGEST_STATUS = (2**31) - 1
      private_constant :LARGEST_STATUS

      class << self
        # Returns the payload of a response.
        #
        # @param integration [Symbol]
        # @param head_request [Boolean]
        # @param status [#to_i]
        # @param headers [Hash]
        # @param body [String, Array<String, nil>]
        # @return [String] JSON
        # @raise [InvalidResponse, ResponseTooLarge]
        def json(integration, head_request, status, headers, body)
          request = Integrations.request(integration, head_request)
          # The status and the headers are read first, because reading them may call the application, which could change the
          # body.
          status = status(status)
          headers = block(headers)
          body = whole(body)
          buffer = Library.handle(:lamby_response_write, request, status, headers, headers.bytesize, body, body.bytesize)
          begin
            Library.bytes(:lamby_buffer_view, buffer).force_encoding(Encoding::UTF_8)
          ensure
            Library.lamby_buffer_free(buffer)
          end
        end

        # Reads the status. "This is an HTTP status. It must be an Integer greater than or equal to 100" (Rack 3); "when
        # parsed as integer (to_i), it must be greater than or equal to 100" (Rack 2).
        #
        # @param status [#to_i]
        # @return [Integer]
        # @raise [InvalidResponse]
        def status(status)
          number = status.is_a?(Integer) ? status : (status.to_i if status.respond_to?(:to_i))
          raise invalid("status", status, "an Integer of at least 100") unless number.is_a?(Integer) && (status.equal?(number) || number >= 100)

          number.clamp(-LARGEST_STATUS, LARGEST_STATUS)
        end

        # Writes the headers as a block: NAME, NUL, VALUE, NUL, and so on.
        #
        # @param headers [Hash{String, Symbol => Object}]
        # @return [String] bytes
        # @raise [InvalidResponse]
        def block(headers)
          headers.each_with_object(String.new(capacity: 1024)) do |(name, value), block|
            raise invalid("header name", name, "a String") unless name.is_a?(String) || name.is_a?(Symbol)

            name = name.to_s.b
            next if name.include?("\0") # The native extension drops such a header, because its name is not legal.

            values(value).each { |it| block << name << "\0" << it << "\0" }
          end
        end

        private

        # Returns a header's values: the elements of an Array (Rack 3), or the lines of any other object (Rack 2). The
        # native extension drops values with control characters. liblamby drops them, too, except for a line feed and a NUL,
        # which have a meaning in its block.
        def values(value)
          case value
          when nil then []
          when Array then value.map { |it| it.to_s.b }.reject { |it| it.match?(/[\0\n]/n) }
          else
            text = value.to_s.b
            text.include?("\0") ? text.split("\n").reject { |line| line.include?("\0") } : [text]
          end
        end

        # Returns the body as one String.
        def whole(body)
          return body if body.is_a?(String)

          raise invalid_body(body) unless body.is_a?(Array)

          chunks = body.compact
          chunks.each { |chunk| raise invalid_body(chunk) unless chunk.is_a?(String) }
          return chunks.first || "" if chunks.size < 2

          # The chunks may have different encodings, so the bytes are joined.
          chunks.each_with_object(String.new(capacity: chunks.sum(&:bytesize))) { |chunk, bytes| bytes << chunk.b }
        end

        def invalid_body(body)
          invalid("body", body, "one that yields Strings")
        end

        def invalid(what, value, wanted)
          InvalidResponse.new("the application's #{what} is #{Description.of(value)}; Rack wants #{wanted}")
        end
      end
    end
  end
end
