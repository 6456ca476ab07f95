# frozen_string_literal: true

require "uri"

module Lamby
  module Serve
    # Refuses requests that another website sends through the developer's browser. With DNS rebinding, such a website makes
    # its own name point to this machine, so the header Host has the website's name. Other requests across origins have
    # the website's name in the header Origin.
    class LocalOnly
      # The names of this machine. Browsers resolve each name below "localhost" to this machine:
      # https://www.rfc-editor.org/rfc/rfc6761#section-6.3
      LOCAL = /\A(?:localhost|[^.:]+(?:\.[^.:]+)*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])\z/
      # Matches a host with a port.
      HOST = /\A(\[[\h:.]+\]|[^\[\]:\s]+)(?::\d*)?\z/
      private_constant :LOCAL, :HOST

      # @param hosts [Array<String>] further names of hosts
      def initialize(hosts = [])
        @hosts = hosts.map(&:downcase)
      end

      # @param env [Hash{String => Object}] a Rack env
      # @return [String, nil] why the request is refused
      def refusal(env)
        host = env["HTTP_HOST"].to_s
        return "the header Host is #{host.inspect}, which is not a name of this machine; --host NAME accepts it" unless local?(host[HOST, 1])

        origin = env["HTTP_ORIGIN"]
        return if origin.nil? || local?(name = host_of(origin))

        # A login with SAML or with Apple ends in such a request.
        "the header Origin is #{origin.inspect}: a page of another website has sent this request" \
          "#{"; if you trust it, --host #{name} accepts it" if name}"
      end

      private

      def local?(host)
        !host.nil? && (LOCAL.match?(host.downcase) || @hosts.include?(host.downcase))
      end

      def host_of(origin)
        URI.parse(origin).host
      rescue URI::InvalidURIError
        nil
      end
    end
  end
end
