# frozen_string_literal: true

module Lamby
  # Lets requests through Rails' check of hosts where a CDN forwards them: CloudFront sends a Function URL, or an API, its
  # own name as `Host`, and can send the viewer's as `X-Forwarded-Host`. Rails checks both against `config.hosts`,
  # and takes the forwarded one for the request's.
  #
  # The `Host` counts as checked where it is the `domainName` of the event, or both are Function URLs: AWS has routed the
  # request by it. The forwarded one has to be among `config.hosts`.
  #
  # @api private
  class ForwardedHost
    FUNCTION_URL = /\A[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws\z/i
    private_constant :FUNCTION_URL

    # @param hosts [Array] Rails' `config.hosts`
    # @param exclude [#call, nil] the application's own exception of `config.host_authorization`
    def initialize(hosts, exclude)
      @permissions = ::ActionDispatch::HostAuthorization::Permissions.new(hosts)
      @exclude = exclude
    end

    # @param request [ActionDispatch::Request]
    # @return [Boolean] whether Rails is not to check the hosts itself
    def call(request)
      @exclude&.call(request) || allowed?(request)
    end

    private

    def allowed?(request)
      # Rails takes the last one, too.
      forwarded = request.x_forwarded_host&.split(/,\s?/)&.last
      return false unless forwarded && @permissions.allows?(forwarded)

      host = request.get_header("HTTP_HOST").to_s.delete_suffix(":443")
      domain = request.get_header("lambda.event")&.dig("requestContext", "domainName").to_s
      !host.empty? && (host.casecmp?(domain) || (FUNCTION_URL.match?(host) && FUNCTION_URL.match?(domain)))
    end
  end
end
