# frozen_string_literal: false

require "json"
require "lamby"
headers = { "content-type" => "text/plain" }
bodies = {
  "array" => -> { ["inner ", "body"] },
  "each" => -> { Enumerator.new { |out| out << "inner " << "body" } },
  "call" => -> { ->(out) { out << "inner body"; out.close } },
  "hijack" => -> { [] },
  "raise" => -> { raise ArgumentError, "inner" }
}
inner = lambda do |env|
  what = env["QUERY_STRING"].delete("=")
  more = what == "hijack" ? { "rack.hijack" => ->(out) { out << "inner body"; out.close } } : {}
  env["rack.response_finished"] << ->(*) { $stderr.puts "inner finished" }
  [201, { "x-inner" => "1", **more }, bodies.fetch(what).call]
end
# Returns the payload of the inner call, as JSON.
nested = lambda do |event, context|
  payload = Lamby.handler(inner, event.to_h, context)
  JSON.generate(payload.slice(:statusCode, :headers, :body))
rescue ArgumentError => e
  "rescued #{e.message}"
end
Lamby.config.rack_app = lambda do |env|
  event, context = env.values_at("lambda.event", "lambda.context")
  case env["PATH_INFO"]
  when "/before" then [200, headers, [nested.call(event, context)]]
  when "/within" then [200, headers, Enumerator.new { |out| 2.times { out << nested.call(event, context) << "\n" } }]
  when "/buffered-within" # The spec requests this path through an integration that cannot stream.
    [200, headers, [nested.call(event, context)]]
  when "/app-fails" then nested.call(event, context) && raise(KeyError, "outer")
  end
end
Lamby.config.on(:direct) { |event, context| Lamby.handler(inner, event["request"], context) }
