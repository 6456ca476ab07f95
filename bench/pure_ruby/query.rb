# frozen_string_literal: true

module PureRuby
  # Builds query strings from the maps of integrations that send no raw query string.
  module Query
    RESERVED = /[^0-9A-Za-z\-._~]/n
    ILLEGAL = %r{[^0-9A-Za-z\-._~+/:@!$'()*,?%]|%(?!\h\h)}n

    module_function

    # From decoded values, as API Gateway sends them.
    def encode(multi, single)
      join(multi, single) { |text| escape(text) }
    end

    # From values as the client sent them, because a load balancer decodes nothing.
    def raw(multi, single)
      join(multi, single) { |text| text }
    end

    # From values that may be decoded or not: AWS does not document it.
    def restore(multi, single)
      join(multi, single) do |text|
        text = text.b unless text.ascii_only?
        text.match?(ILLEGAL) ? text.gsub(ILLEGAL) { |byte| format("%%%02X", byte.ord) } : text
      end
    end

    def escape(text)
      text = text.b unless text.ascii_only?
      text.match?(RESERVED) ? CGI.escape(text).gsub("+", "%20") : text
    end

    # Each map may be null, or lack what the other has.
    def join(multi, single)
      values = multi || {}
      values = values.merge(single) { |_, all, _| all } if single
      pairs = values.flat_map do |name, value|
        name = yield(name)
        (value.is_a?(Array) ? value : [value]).map { |it| it.nil? ? name : "#{name}=#{yield(it.to_s)}" }
      end
      pairs.join("&")
    end
  end
end
