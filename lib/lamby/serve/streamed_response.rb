# frozen_string_literal: true

require "json"

module Lamby
  module Serve
    # A response that the function streams. First reads its status and headers, then passes the chunks on as they come.
    class StreamedResponse
      # What separates the status and the headers from the content.
      # https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
      SEPARATOR = ("\0" * 8).b.freeze
      # The longest status and headers, in bytes.
      LONGEST_HEAD = 1024 * 1024
      private_constant :SEPARATOR, :LONGEST_HEAD

      # Raised if the function did not complete the response.
      class Incomplete < StandardError; end

      # @return [Integer]
      attr_reader :status
      # @return [Array<Array(String, String)>] names in lower case, and values
      attr_reader :headers
      # @return [String, nil] what is wrong with the status and the headers; nil if they are correct
      attr_reader :problem

      # Waits for the status and the headers.
      #
      # @param call [Call]
      # @param first [String] the first chunk
      # @param on_end [#call] is called with the number of bytes of the content when the response has ended
      def initialize(call, first, on_end)
        @call = call
        @on_end = on_end
        @read = false
        @bytes = 0
        head, @rest = read_head(first.b)
        parse(head) unless problem
      end

      # Sends the content to the client. Raises in the middle of the content if the function failed, so that the server
      # closes the connection, and the client notices that the response is incomplete.
      #
      # @yieldparam chunk [String]
      # @return [void]
      # @raise [Puma::ConnectionError, Incomplete]
      def each
        @read = true
        send_chunk(@rest) { |chunk| yield chunk }
        while (chunk = @call.next_chunk)
          send_chunk(chunk) { |bytes| yield bytes }
        end
        abort_connection unless @call.outcome.response?
      end

      # The server calls this when the response has ended, or when the client has disconnected.
      #
      # @return [void]
      def close
        @call.abandon
        return @on_end.call(@bytes) if @read

        # The server does not read the content of a response to HEAD. The function may still write it.
        Thread.new do
          nil while @call.next_chunk
          @on_end.call(@bytes)
        end
      end

      private

      # For other exceptions, Puma would write a second response into the connection.
      def abort_connection
        raise(defined?(::Puma::ConnectionError) ? ::Puma::ConnectionError : Incomplete, @call.outcome.summary)
      end

      def send_chunk(chunk)
        return if chunk.empty?

        @bytes += chunk.bytesize
        yield chunk
      end

      def read_head(bytes)
        until (index = bytes.index(SEPARATOR))
          return too_long if bytes.bytesize > LONGEST_HEAD

          chunk = @call.next_chunk or return incomplete
          bytes << chunk.b
        end
        [bytes.byteslice(0, index), bytes.byteslice(index + SEPARATOR.bytesize..)]
      end

      def parse(head)
        fields = JSON.parse(head.force_encoding(Encoding::UTF_8))
        @status = Integer(fields.fetch("statusCode", 200))
        cookies = Array(fields["cookies"]).map { |cookie| ["set-cookie", cookie] }
        @headers = headers_of(fields) + cookies
      rescue JSON::ParserError, TypeError, ArgumentError, NoMethodError => e
        @problem = "the status and the headers of the streamed response are malformed: #{e.message.lines.first}"
      end

      def headers_of(fields)
        multi = fields["multiValueHeaders"] || {}
        single = (fields["headers"] || {}).reject { |name, _| multi.key?(name) }
        single.merge(multi).flat_map { |name, values| Array(values).map { |value| [name.downcase, value.to_s] } }
      end

      def too_long
        @problem = "the status and the headers of the streamed response have more than #{LONGEST_HEAD} bytes"
        nil
      end

      def incomplete
        @problem = "the streamed response ended before its content: #{@call.outcome.summary}"
        nil
      end
    end
  end
end
