# frozen_string_literal: true

require "json"

module Lamby
  # A Rack application for development: whoever has an event from Lambda, such as a function that
  # hands on what it gets, posts it here and gets what {Lamby.cmd} answers. The body is JSON,
  # `{"event": ..., "context": ...}`.
  #
  # `rake lamby:proxy_server` runs it in a Rails application.
  class ProxyServer
    HINT = "POST {\"event\": ..., \"context\": ...}, the event and the context of a Lambda invocation, as application/json"
    private_constant :HINT

    # @param env [Hash] a Rack environment
    # @return [Array] a Rack response
    def call(env)
      return reply(405, { "error" => HINT }, "allow" => "POST") unless env["REQUEST_METHOD"] == "POST"
      return reply(415, { "error" => HINT }) unless env["CONTENT_TYPE"].to_s.match?(%r{\Aapplication/json\b}i)

      data = JSON.parse(env["rack.input"]&.read.to_s)
      event, context = data.values_at("event", "context") if data.is_a?(Hash)
      return reply(400, { "error" => HINT }) unless event.is_a?(Hash) && (context.nil? || context.is_a?(Hash))

      reply(200, Lamby.cmd(event: event, context: ProxyContext.new(context || {})))
    rescue JSON::ParserError => e
      reply(400, { "error" => "the body is not JSON: #{e.message[0, 200]}" })
    rescue JSON::GeneratorError => e
      reply(500, { "error" => "what the handler returned cannot be JSON: #{e.message[0, 200]}" })
    end

    private

    def reply(status, answer, headers = {})
      [status, { "content-type" => "application/json" }.merge(headers), [JSON.generate(answer)]]
    end
  end
end
