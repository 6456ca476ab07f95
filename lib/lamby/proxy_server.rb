# frozen_string_literal: true

require "ipaddr"
require "json"

module Lamby
  # A Rack application for development: a client posts a Lambda event as JSON, with the keys `event` and `context`, and
  # gets the result of {Lamby.cmd}.
  #
  # The server handles every event without authentication. Any web page in the developer's browser could send events, so
  # the server refuses requests from web pages. A web page may make its own host name resolve to this machine (DNS
  # rebinding). So the `Host` must be a loopback address or one of `hosts`. If there is an `Origin`, it must name the
  # same host and port as the `Host`.
  #
  # `rake lamby:proxy_server` runs this server in a Rails application.
  class ProxyServer
    HINT = "POST {\"event\": ..., \"context\": ...}, the event and the context of a Lambda invocation, as application/json"
    # https://www.rfc-editor.org/rfc/rfc9110#field.host
    HOST = /\A(\[[\h:.]+\]|[\w.-]+)(:\d{1,5})?\z/
    # Names that end with ".localhost" are also loopback addresses (RFC 6761, section 6.3).
    LOCALHOST = /\A(?:.+\.)?localhost\z/i
    private_constant :HINT, :HOST, :LOCALHOST

    # @param hosts [Array<String>] host names or addresses, without ports, that may be the `Host` in addition to
    #   loopback addresses
    def initialize(hosts: [])
      @hosts = hosts.map { |host| host.strip.downcase }.reject(&:empty?)
    end

    # @param env [Hash] a Rack environment
    # @return [Array] a Rack response
    def call(env)
      refusal = refusal(env)
      return reply(403, { "error" => refusal }) if refusal
      return reply(405, { "error" => HINT }, "allow" => "POST") unless env["REQUEST_METHOD"] == "POST"
      return reply(415, { "error" => HINT }) unless env["CONTENT_TYPE"].to_s.match?(%r{\Aapplication/json\s*(?:;|\z)}i)

      data = JSON.parse(env["rack.input"]&.read.to_s)
      event, context = data.values_at("event", "context") if data.is_a?(Hash)
      return reply(400, { "error" => HINT }) unless event.is_a?(Hash) && (context.nil? || context.is_a?(Hash))

      reply(200, Lamby.cmd(event: event, context: ProxyContext.new(context || {})))
    rescue JSON::ParserError => e
      reply(400, { "error" => "the body is not JSON: #{quoted(e.message)}" })
    rescue JSON::GeneratorError => e
      reply(500, { "error" => "the handler returned an object that cannot be written as JSON: #{e.message[0, 200]}" })
    end

    private

    # Returns the reason to refuse the request, or nil if the request cannot come from another host's web page.
    def refusal(env)
      host = (env["HTTP_HOST"] || env["SERVER_NAME"]).to_s.b
      name = host[HOST, 1]
      return "the Host #{quoted(host)} is not this machine: add its name to LAMBY_PROXY_HOSTS" unless name && allowed?(name)

      origin = env["HTTP_ORIGIN"]&.b
      return if origin.nil? || %W[http://#{host} https://#{host}].any? { |own| own.casecmp?(origin) }

      "the Origin #{quoted(origin)} is not the server itself: the server accepts no events from web pages"
    end

    def allowed?(name)
      name = name.downcase.delete("[]")
      name.match?(LOCALHOST) || @hosts.include?(name) || @hosts.include?("[#{name}]") || IPAddr.new(name).loopback?
    rescue IPAddr::Error
      false
    end

    def quoted(text)
      text[0, 200].inspect
    end

    def reply(status, object, headers = {})
      [status, { "content-type" => "application/json" }.merge(headers), [JSON.generate(object)]]
    end
  end
end
