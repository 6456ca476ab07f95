# frozen_string_literal: true

module PureRuby
  # Header names and their keys in the env.
  module HeaderName
    TOKEN = /\A[0-9A-Za-z!\#$%&'*+\-.^_`|~]+\z/

    # The adapter drops a client's headers with these names, because only the server or the platform sets them.
    DROPPED = %w[
      HTTP_CONTENT_LENGTH HTTP_PROXY HTTP_TRANSFER_ENCODING HTTP_VERSION
      HTTP_X_AMZN_LAMBDA_CONTEXT HTTP_X_AMZN_REQUEST_CONTEXT HTTP_X_AMZ_TENANT_ID
    ].to_h { |key| [key, true] }.freeze

    # Returns the key for a name, or nil if the application does not get the header.
    def self.key(name)
      return unless name.match?(TOKEN)

      key = "HTTP_#{name.upcase.tr("-", "_")}"
      return if DROPPED[key] || key.start_with?("HTTP_LAMBDA_RUNTIME_")
      return name.include?("_") ? nil : "CONTENT_TYPE" if key == "HTTP_CONTENT_TYPE"

      key
    end

    # Frequent names, as HTTP/2 and HTTP/1 spell them. A lookup in this table avoids three new strings.
    KEYS = %w[
      accept accept-encoding accept-language authorization cache-control connection content-type cookie dnt forwarded
      host if-modified-since if-none-match origin pragma priority range referer sec-ch-ua sec-ch-ua-mobile
      sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user te upgrade-insecure-requests
      user-agent via x-amz-cf-id x-amzn-trace-id x-csrf-token x-forwarded-for x-forwarded-host x-forwarded-port
      x-forwarded-proto x-requested-with
    ].flat_map { |name| [name, name.split("-").map(&:capitalize).join("-")] }.to_h { |name| [name, key(name).freeze] }.freeze
  end
end
