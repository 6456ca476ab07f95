# frozen_string_literal: true

module Lamby
  module Runtime
    # Writes JSON without Ruby's JSON library, because applications may replace `JSON.generate` and `to_json`, and
    # the replacements may raise.
    #
    # @api private
    module PlainJSON
      ESCAPES = (0..31).to_h { |code| [code.chr, format("\\u%04x", code)] }.merge(
        "\b" => "\\b", "\t" => "\\t", "\n" => "\\n", "\f" => "\\f", "\r" => "\\r", '"' => '\\"', "\\" => "\\\\"
      ).freeze
      private_constant :ESCAPES

      class << self
        # @param value [Hash{Symbol => Object}, Array, String, Integer, nil] strings must be valid UTF-8
        # @param ascii [Boolean] whether to escape all characters that are not ASCII, because a header cannot contain
        #   them
        # @return [String]
        # @raise [TypeError] for a value of another class
        def generate(value, ascii: false)
          case value
          when String then ascii ? string(value).gsub(/[^\x00-\x7f]/) { |it| escape(it) } : string(value)
          when Hash then "{#{value.map { |key, it| "#{string(key.name)}:#{generate(it, ascii: ascii)}" }.join(",")}}"
          when Array then "[#{value.map { |it| generate(it, ascii: ascii) }.join(",")}]"
          when Integer then value.to_s
          when nil then "null"
          else raise TypeError, "PlainJSON cannot write an object of the class #{value.class}"
          end
        end

        private

        def string(value)
          "\"#{value.gsub(/["\\\x00-\x1f]/, ESCAPES)}\""
        end

        # Escapes a character. A character outside of the Basic Multilingual Plane needs two UTF-16 code units, and so
        # two escapes.
        def escape(character)
          character.encode(Encoding::UTF_16BE).unpack("n*").map { |unit| format("\\u%04x", unit) }.join
        end
      end
    end
  end
end
