# frozen_string_literal: true

module Lamby
  module Serve
    # An HTTP request that `lamby serve` received.
    #
    # @!attribute method
    #   @return [String] such as "GET"
    # @!attribute url
    #   @return [String] with scheme, host, path and query
    # @!attribute headers
    #   @return [Hash{String => String, Array<String>}]
    # @!attribute body
    #   @return [String] bytes
    # @!attribute source_ip
    #   @return [String] the client's address
    # @api private
    HTTPRequest = Struct.new(:method, :url, :headers, :body, :source_ip) # rubocop:disable Lint/StructNewOverride -- HTTP's word
  end
end
