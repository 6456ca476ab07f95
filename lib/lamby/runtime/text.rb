# frozen_string_literal: true

module Lamby
  module Runtime
    # Converts text of any origin to valid UTF-8 and shortens it. Ruby's strings may contain any bytes, but JSON and
    # regular expressions need valid UTF-8.
    #
    # @api private
    module Text
      class << self
        # Converts an object to UTF-8.
        #
        # @param object [#to_s] any object, even if its `to_s` does not return a String
        # @param limit [Integer, nil] longest result, in bytes
        # @return [String] valid UTF-8
        def utf8(object, limit: nil)
          # Makes a plain String, because `to_s` may return an instance of a subclass, whose methods may raise.
          string = String.new("#{object}") # rubocop:disable Style/RedundantInterpolation -- to_s may return anything
          string = string.byteslice(0, limit) if limit
          string = valid(string)
          limit ? cut(string, limit) : string
        end

        # Shortens text without cutting a character in two.
        #
        # @param text [String] valid UTF-8
        # @param limit [Integer] longest result, in bytes
        # @return [String]
        def cut(text, limit)
          text.byteslice(0, limit).scrub("")
        end

        private

        def valid(string)
          string = string.encoding == Encoding::BINARY ? string.force_encoding(Encoding::UTF_8) : string.encode(Encoding::UTF_8)
          string.scrub
        rescue EncodingError # The bytes are not valid in the string's encoding.
          string.force_encoding(Encoding::UTF_8).scrub
        end
      end
    end
  end
end
