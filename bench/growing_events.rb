# frozen_string_literal: true

require_relative "events"

module Bench
  # Events in which one part has a given size.
  module GrowingEvents
    COUNTS = [10, 100, 1_000, 10_000].freeze
    # Sizes of the body after it is encoded as base64, in bytes. The limit of an event is 6 MB.
    BODIES = { "1 KB" => 1_000, "10 KB" => 10_000, "100 KB" => 100_000, "1 MB" => 1_000_000, "6 MB" => 5_990_000 }.freeze

    module_function

    # Returns an event of a REST API with this many headers.
    def request_headers(count)
      headers = Events.rest_api["headers"].merge(numbered("X-Header", count)).first(count).to_h
      Events.rest_api.merge("headers" => headers, "multiValueHeaders" => headers.transform_values { |value| [value] })
    end

    # Returns an event of a REST API with this many query parameters.
    def parameters(count)
      single = numbered("parameter", count)
      Events.rest_api.merge(
        "queryStringParameters" => single,
        "multiValueQueryStringParameters" => single.transform_values { |value| [value] }
      )
    end

    # Returns an upload to a Function URL, of this many bytes in base64.
    def body(size)
      Events.upload(size / 4 * 3)
    end

    def numbered(name, count)
      Array.new(count) { |number| ["#{name}-#{number}", "value #{number}"] }.to_h
    end
  end
end
