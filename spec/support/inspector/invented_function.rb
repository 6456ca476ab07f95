# frozen_string_literal: true

require "securerandom"
require "lamby/serve/http_request"
require "lamby/serve/inspector"

# A function for specs of the inspector. It handles events in this process, with Lamby's handler, and writes the records
# that `lamby serve` would write.
class InventedFunction
  # @return [Lamby::Serve::Records]
  attr_reader :records
  # @return [Array<Hash>] see Lamby::Serve::Inspector
  attr_accessor :schedules

  # @param integration [Symbol]
  # @param records [Lamby::Serve::Records]
  # @yieldparam env [Hash] the Rack env of a request
  # @yieldreturn [Array] a Rack response
  def initialize(integration: :http_api_v2, records: Lamby::Serve::Records.new, &app)
    @integration = integration
    @records = records
    @app = app || ->(env) { [200, { "content-type" => "text/plain" }, ["Hello from #{env["PATH_INFO"]}"]] }
    @schedules = []
  end

  # @return [Lamby::Serve::Inspector]
  def inspector
    @inspector ||= Lamby::Serve::Inspector.new(
      records: records, controls: self,
      description: { integration: @integration, timeout: 30, memory: 1792, streaming: false, url: "http://localhost:3000", handler: "app.Lamby.cmd" }
    )
  end

  # @return [Array<Symbol>]
  def samples = [*Lamby::Config::EVENT_KINDS, *Lamby::Simulator.integrations]

  # @see Lamby::Serve::Inspector
  def send_http(method, url, headers = {}, body = "")
    event = Lamby::Simulator.event(@integration, method: method, url: url, headers: headers, body: body)
    request = Lamby::Serve::HTTPRequest.new(method, url, headers, body, "127.0.0.1")
    invoke(event, :http, "#{method} #{url[%r{\Ahttps?://[^/]+(/.*)}, 1] || url}", request)
  end

  # @see Lamby::Serve::Inspector
  def replay(event, kind)
    http = JSON.parse(event)
    title = kind == :http ? "#{http["httpMethod"] || http.dig("requestContext", "http", "method")} #{http["rawPath"] || http["path"]}" : kind.to_s
    invoke(event, kind, title, nil)
  end

  private

  def invoke(event, kind, title, request)
    id = SecureRandom.uuid
    record = records.start(id: id, kind: kind, integration: (@integration if kind == :http), title: title, event: event, request: request)
    record.handed_over(environment: 1, cold: false)
    payload = kind == :http ? Lamby.handler(@app, event, Lamby::Simulator.context) : "null"
    response = Lamby::Simulator.answer(@integration, payload) if kind == :http
    record.finish(outcome: :response, status: response&.status, headers: response&.headers, payload: payload)
    id
  rescue StandardError => e
    record.finish(outcome: :error, status: 502, headers: [], error: { "errorType" => e.class.to_s, "errorMessage" => e.message, "stackTrace" => e.backtrace })
    id
  end
end
