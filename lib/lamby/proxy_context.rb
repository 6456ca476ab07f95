# frozen_string_literal: true

module Lamby
  # Wraps an invocation's context that came as a Hash. It has a method for each of the Hash's keys.
  # @see ProxyServer
  class ProxyContext
    # @param data [Hash{String => Object}] the context, such as `"aws_request_id" => "8476a536"`
    def initialize(data)
      @data = data
    end

    # @return [String, nil] nil if the Hash has no such key
    def aws_request_id
      @data["aws_request_id"]
    end

    private

    def method_missing(name, *arguments)
      @data.key?(name.to_s) && arguments.empty? ? @data[name.to_s] : super
    end

    def respond_to_missing?(name, include_private = false)
      @data.key?(name.to_s) || super
    end
  end
end
