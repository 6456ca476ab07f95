# frozen_string_literal: true

module PureRuby
  # Builds query strings from the maps of integrations that send no raw query string.
  module Query
    RESERVED = /[^0-9A-Za-z\-._~]/n
    ILLEGAL = %r{[^0-9A-Za-z\-._~+/:@!$'()*,?%]|%(?!\h\h)}n

    module_function

    # Builds the query from decoded values, which API Gateway sends.
    def encode(multi, single)
      join(multi, single) { |text| escape(text) }
    end

    # Builds the query from values as the client sent them, because a load balancer does not decode them.
    def raw(multi, single)
      join(multi, single) { |text| text }
    end

    # Builds the query from values that may or may not be decoded. AWS does not document whether they are decoded.
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

    # Joins the parameters of both maps. A map may be null. A parameter may be in only one of them.
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
