# frozen_string_literal: true

require "json"
require_relative "events"

module Bench
  # A case has an event, an application, and the form of the event. The form is a Hash, as AWS's Ruby client passes it
  # to a handler, or bytes, as the Runtime API sends them.
  Case = Struct.new(:id, :title, :event, :app, :way, keyword_init: true)

  # Rack applications that do almost nothing.
  module Apps
    HELLO = ->(_env) { [200, { "content-type" => "text/plain" }, ["hello"]] }

    # A page of 8 kB with the headers of a Rails application.
    PAGE = "<!DOCTYPE html>\n<html lang=\"en\">\n#{"<p class=\"line\">Grüße aus &lt;Lambda&gt;</p>\n" * 175}</html>\n".freeze
    PAGE_HEADERS = {
      "x-frame-options" => "SAMEORIGIN",
      "x-xss-protection" => "0",
      "x-content-type-options" => "nosniff",
      "x-permitted-cross-domain-policies" => "none",
      "referrer-policy" => "strict-origin-when-cross-origin",
      "link" => "</assets/application-5c3a.css>; rel=preload; as=style; nopush",
      "content-type" => "text/html; charset=utf-8",
      "vary" => "Accept",
      "etag" => "W/\"5d9c474b1f3a4a3d1d3f5b0c1e2f3a40\"",
      "cache-control" => "max-age=0, private, must-revalidate",
      "set-cookie" => "theme=dark; path=/\n#{Events::SESSION}; path=/; HttpOnly; SameSite=Lax",
      "x-request-id" => "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
      "x-runtime" => "0.012345"
    }.freeze
    RAILS = ->(_env) { [200, PAGE_HEADERS.dup, [PAGE.dup]] }

    # Rails' `send_data` sets content-transfer-encoding, and the pure-Ruby gem reads it.
    ECHO_HEADERS = { "content-type" => "application/octet-stream", "content-transfer-encoding" => "binary" }.freeze
    ECHO = ->(env) { [200, ECHO_HEADERS.dup, [env["rack.input"].read]] }

    # 4 MB of indented JSON, in which every fourth byte needs an escape.
    TEXT = begin
      record = { "id" => 1, "name" => "Größe \"XL\"", "tags" => %w[a b c], "note" => "first line\nsecond line" }
      line = JSON.pretty_generate(record)
      "[#{([line] * (4_000_000 / (line.bytesize + 1))).join(",")}]"
    end
    REPORT = lambda do |env|
      env["rack.input"].read
      [200, { "content-type" => "application/json" }, [TEXT]]
    end
  end

  SMALL = {
    http_api_v2: "HTTP API v2", function_url: "Function URL", rest_api: "REST API",
    alb_multi_value: "ALB multi-value", alb: "ALB", vpc_lattice_v2: "VPC Lattice v2"
  }.map { |event, title| [event, event, Apps::HELLO, title] }.freeze
  OTHERS = [
    [:browser, :browser, Apps::HELLO, "20 browser headers"],
    [:page, :browser, Apps::RAILS, "same, 8 kB Rails page out"],
    [:binary, :upload, Apps::ECHO, "4.4 MB binary in and out"],
    [:text, :upload, Apps::REPORT, "same in, 4 MB JSON text out"]
  ].freeze
  WAYS = {
    "hash" => "Hash → Hash: what AWS's Ruby client parses, and what it makes JSON of",
    "bytes" => "bytes → bytes: what the Runtime API sends, and what it gets"
  }.freeze

  CASES = WAYS.each_key.flat_map do |way|
    (SMALL + OTHERS).map { |id, event, app, title| Case.new(id: "#{id}/#{way}", title: title, event: event, app: app, way: way) }
  end.freeze

  # Returns the cases whose ids contain the text, or all cases if the text is nil.
  def self.cases(text)
    CASES.select { |it| text.nil? || it.id.include?(text) }
  end
end
