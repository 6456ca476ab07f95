# frozen_string_literal: true

module Lamby
  module Handler
    # Converts an application's response if it is not an Array, or if its headers are not a Hash.
    #
    # @api private
    module Response
      class << self
        # Returns the Array of status, headers and body: "It takes exactly one argument, the environment, and returns a
        # non-frozen Array of exactly three elements" (Rack SPEC).
        #
        # @param response [Object] the object that the application returned
        # @return [Array]
        # @raise [InvalidResponse]
        def triplet(response)
          array = response.respond_to?(:to_ary) ? response.to_ary : response
          return array if array.is_a?(Array) && array.size == 3

          raise InvalidResponse, "the application returned #{Native.describe(response)}; Rack wants an Array of status, headers and body"
        end

        # Returns the headers as a Hash. In Rack 3 the headers are a Hash. In Rack 2 they can be any object whose `each`
        # yields pairs.
        #
        # @param headers [Object]
        # @return [Hash]
        # @raise [InvalidResponse]
        def headers(headers)
          return headers.to_hash if headers.respond_to?(:to_hash)
          return headers.enum_for(:each).to_h if headers.respond_to?(:each) && !headers.is_a?(Array)

          raise InvalidResponse, "the application's headers are #{Native.describe(headers)}; Rack wants a Hash"
        end
      end
    end
  end
end
