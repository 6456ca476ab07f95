# frozen_string_literal: true

module PureRuby
  # Query strings from the maps of integrations that send no raw one.
  module Query
    RESERVED = /[^0-9A-Za-z\-._~]/n
    ILLEGAL = %r{[^0-9A-Za-z\-._~+/:@!$'()*,?%]|%(?!\h\h)}n

    module_function

    # Of decoded values, API Gateway's.
    def encode(multi, single)
      join(multi, single) { |text| escape(text) }
    end

    # Of values as the client sent them: a load balancer decodes nothing.
    def raw(multi, single)
      join(multi, single) { |text| text }
    end

    # Of values of which nobody says whether they are decoded.
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

    # Either map may be null, and either may miss what the other has.
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
