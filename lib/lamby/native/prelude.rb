# frozen_string_literal: true

module Lamby
  module Native
    # The status and the headers of a streamed response. liblamby makes the bytes to send from them. The String itself is the
    # block of headers.
    class Prelude < String
      # @return [FFI::Pointer] the handle of a request
      attr_reader :request
      # @return [Integer]
      attr_reader :status

      # @param request [FFI::Pointer]
      # @param status [Integer]
      # @param headers [String] see {Response.block}
      def initialize(request, status, headers)
        super(headers)
        @request = request
        @status = status
      end
    end
  end
end
