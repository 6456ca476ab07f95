# frozen_string_literal: true

require_relative "applications"
require_relative "events"
require_relative "format"
require_relative "growing_events"

module Bench
  # A case has an event, an application, and the form of the event. The form is a Hash, as AWS's Ruby client passes it
  # to a handler, or bytes, as the Runtime API sends them. The member `event` is a name in Events, or [name,
  # size] for GrowingEvents.
  Case = Struct.new(:id, :title, :event, :app, :way, keyword_init: true) do
    def input
      @input ||= way == "bytes" ? Events.json(*event) : Events.fetch(*event)
    end

    # A large case needs a long warm-up: see Worker::LARGE_WARM_UP.
    def large?
      Events.json(*event).bytesize > 1_000_000
    end
  end

  SMALL = {
    http_api_v2: "HTTP API v2", function_url: "Function URL", rest_api: "REST API",
    alb_multi_value: "ALB multi-value", alb: "ALB", vpc_lattice_v2: "VPC Lattice v2"
  }.map { |event, title| [event, event, Applications::API, title] }.freeze
  OTHERS = [
    [:browser, :browser, Applications::API, "20 browser headers"],
    [:page, :browser, Applications::PAGE, "browser, 8 kB of HTML out"],
    [:long_page, :browser, Applications::LONG_PAGE, "browser, 100 kB of HTML out"],
    [:binary, :upload, Applications::ECHO, "4.4 MB binary in and out"],
    [:text, :upload, Applications::REPORT, "4.4 MB in, 4 MB of JSON out"]
  ].freeze
  WAYS = {
    "hash" => "Hash → Hash: the event and the response as Hashes, as AWS's Ruby client passes them",
    "bytes" => "bytes → bytes: the event and the response as JSON, as the Runtime API sends and receives them"
  }.freeze

  CASES = WAYS.each_key.flat_map do |way|
    (SMALL + OTHERS).map { |id, event, app, title| Case.new(id: "#{id}/#{way}", title: title, event: event, app: app, way: way) }
  end.freeze

  def self.growing(part, count, event, app)
    Case.new(id: "#{part.tr(" ", "_")}/#{count}", title: "#{Format.thousands(count)} #{part}", event: event, app: app, way: "bytes")
  end
  private_class_method :growing

  # Shows how the time grows with the number of headers or parameters, or with the size of the body. A REST API sends
  # each header and each parameter in two maps, so its events take the most work.
  GROWTH = [
    *GrowingEvents::COUNTS.map { |count| growing("request headers", count, [:request_headers, count], Applications::API) },
    *GrowingEvents::COUNTS.map { |count| growing("parameters", count, [:parameters, count], Applications::API) },
    *GrowingEvents::COUNTS.map { |count| growing("response headers", count, :rest_api, Applications.with_headers(count)) },
    *GrowingEvents::BODIES.map { |title, size| growing("body in and out", title, [:body, size], Applications::ECHO) }
  ].freeze

  # Returns the cases whose ids contain the text, or all cases if the text is nil.
  def self.select(cases, text)
    cases.select { |it| text.nil? || it.id.include?(text) }
  end
end
