# frozen_string_literal: true

module Lamby
  # Makes Rails' host check accept requests that a CDN forwards. If the origin is a Function URL or an API, CloudFront
  # sends the origin's own name as `Host`, and can send the viewer's host as `X-Forwarded-Host`. Rails checks both
  # against `config.hosts`, and uses the forwarded host as the request's host.
  #
  # Lamby accepts the `Host` if it equals the event's `domainName`, or if the `Host` and the `domainName` are both hosts
  # of Function URLs. In both cases, AWS has routed the request by its `Host`. The forwarded host must be in
  # `config.hosts`.
  #
  # @api private
  class ForwardedHost
    FUNCTION_URL = /\A[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws\z/i
    private_constant :FUNCTION_URL

    # @param hosts [Array] Rails' `config.hosts`
    # @param exclude [#call, nil] the `exclude` that the application has set in `config.host_authorization`
    def initialize(hosts, exclude)
      @permissions = ::ActionDispatch::HostAuthorization::Permissions.new(hosts)
      @exclude = exclude
    end

    # @param request [ActionDispatch::Request]
    # @return [Boolean] whether Rails must skip its own check
    def call(request)
      @exclude&.call(request) || allowed?(request)
    end

    private

    def allowed?(request)
      # Rails also uses the last entry of X-Forwarded-Host.
      forwarded = request.x_forwarded_host&.split(/,\s?/)&.last
      return false unless forwarded && @permissions.allows?(forwarded)

      host = request.get_header("HTTP_HOST").to_s.delete_suffix(":443")
      domain = request.get_header("lambda.event")&.dig("requestContext", "domainName").to_s
      !host.empty? && (host.casecmp?(domain) || (FUNCTION_URL.match?(host) && FUNCTION_URL.match?(domain)))
    end
  end
end
