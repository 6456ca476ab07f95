# frozen_string_literal: true

require_relative "../applications"
require_relative "../events"

module Bench
  class Instructions
    # The paths whose instructions are counted, by name. Each has an event, an application, and the form of the event.
    PATHS = {
      "http_api_v2/bytes" => [:http_api_v2, Applications::API, :bytes],
      "rest_api/bytes" => [:rest_api, Applications::API, :bytes],
      "alb_multi_value/bytes" => [:alb_multi_value, Applications::API, :bytes],
      "http_api_v2/hash" => [:http_api_v2, Applications::API, :hash],
      "rest_api/hash" => [:rest_api, Applications::API, :hash],
      "alb_multi_value/hash" => [:alb_multi_value, Applications::API, :hash],
      "long_page/bytes" => [:browser, Applications::LONG_PAGE, :bytes]
    }.freeze
  end
end
