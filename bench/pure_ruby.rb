# frozen_string_literal: true

require "base64"
require "cgi/escape"
require "rack"
require "stringio"

# A pure-Ruby adapter that follows the rules of this gem, and is written as a team would write it for production. Only
# the benchmark uses it.
#
# It leaves out three features that the benchmark does not use: errors that name the field, events that are not HTTP,
# and the integrations' size limits.
module PureRuby
  class Error < StandardError; end

  require_relative "pure_ruby/header_name"
  require_relative "pure_ruby/path"
  require_relative "pure_ruby/query"
  require_relative "pure_ruby/request"
  require_relative "pure_ruby/gateway_v2"
  require_relative "pure_ruby/gateway_v1"
  require_relative "pure_ruby/load_balancer"
  require_relative "pure_ruby/lattice"
  require_relative "pure_ruby/body"
  require_relative "pure_ruby/response"

  # Handles one event with a Rack application. The event is a Hash with String keys.
  def self.handler(app, event, context)
    request = Request.of(event)
    env = request.env(context)
    finished = env["rack.response_finished"] = []
    status, headers, body = app.call(env)
    Response.new(request.integration, env["REQUEST_METHOD"], status, headers, Body.read(body)).to_h
  rescue Exception => e # rubocop:disable Lint/RescueException -- passed to the callbacks, and raised again
    error = e
    raise
  ensure
    body.close if body.respond_to?(:close)
    finished&.reverse_each do |callback|
      callback.call(env, status, headers, error)
    rescue StandardError => e
      warn e.full_message(highlight: false)
    end
  end
end
