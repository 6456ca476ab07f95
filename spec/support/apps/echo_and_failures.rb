# frozen_string_literal: false

require "json"
require "lamby"

Lamby.config.rack_app = ->(env) { [200, { "content-type" => "text/plain" }, ["#{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}"]] }
Lamby::Config::EVENT_KINDS.each { |kind| Lamby.config.on(kind) { |event, _| { kind: kind, keys: event.to_h.keys } } }
