# frozen_string_literal: true

module Lamby
  module Serve
    # Makes Rack responses from names and values.
    module HTTPResponse
      # The headers that the server sets. A payload can have them, but no integration sends them to clients.
      HOP_BY_HOP = %w[connection keep-alive proxy-connection transfer-encoding upgrade].freeze
      private_constant :HOP_BY_HOP

      module_function

      # @param status [Integer]
      # @param pairs [Array<Array(String, String)>] names in lower case, and values
      # @param body [#each]
      # @return [Array(Integer, Hash, #each)] a Rack response
      def build(status, pairs, body)
        lists = pairs.reject { |name, _| HOP_BY_HOP.include?(name) }.group_by(&:first).transform_values { |all| all.map(&:last) }
        # Rack 2 separates several values with line breaks.
        headers = lists.transform_values { |values| values.size == 1 ? values.first : joined(values) }
        [status, headers, body]
      end

      # @param status [Integer]
      # @param type [String] the content type
      # @param text [String]
      # @return [Array(Integer, Hash, Array<String>)] a Rack response
      def text(status, type, text)
        [status, { "content-type" => type, "content-length" => text.bytesize.to_s }, [text]]
      end

      # @api private
      def joined(values) = ::Rack.release < "3" ? values.join("\n") : values
    end
  end
end
