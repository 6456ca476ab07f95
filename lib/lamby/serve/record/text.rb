# frozen_string_literal: true

module Lamby
  module Serve
    class Record
      # Bytes of which a record keeps only the first ones, and counts the others.
      #
      # @api private
      class Text
        # The most bytes that a record keeps of an event, a body or a payload. Lambda accepts 6 MB, so this limit cuts
        # only what Lambda refuses.
        LIMIT = 7 * 1024 * 1024
        # The most bytes that the page gets with a record. The page fetches longer texts only on demand.
        SHOWN = 256 * 1024
        private_constant :LIMIT, :SHOWN

        # @return [String] the bytes that the record keeps
        attr_reader :bytes
        # @return [Integer] the size of the whole text, in bytes
        attr_reader :size

        # @param bytes [String]
        # @param limit [Integer] the most bytes to keep
        def initialize(bytes, limit = LIMIT)
          @size = bytes.bytesize
          @bytes = @size > limit ? bytes.byteslice(0, limit) : bytes.dup
          @bytes.force_encoding(Encoding::BINARY)
        end

        # @return [Boolean] whether the record keeps the whole text
        def whole? = @size == @bytes.bytesize

        # Returns the text for the page. A text that is not UTF-8 is in base64, because JSON cannot contain other bytes.
        #
        # @param limit [Integer] the most bytes to return
        # @return [Hash{Symbol => Object}] `size`, and `text` or `base64`; `cut` if this is not the whole text
        def to_h(limit = SHOWN)
          shown = @bytes.byteslice(0, limit)
          cut = shown.bytesize < @size
          text = shown.dup.force_encoding(Encoding::UTF_8)
          text = without_half_character(text) if cut
          { size: @size, cut: cut, **(text.valid_encoding? ? { text: text } : { base64: [shown.byteslice(0, 3072)].pack("m0") }) }
        end

        private

        # A character of UTF-8 has at most four bytes.
        def without_half_character(text)
          (0..3).map { |dropped| text.byteslice(0, text.bytesize - dropped) }.find(&:valid_encoding?) || text
        end
      end
    end
  end
end
