# frozen_string_literal: true

# Requests and responses of every kind, for the specs about memory.
module MixedEvents
  EVENTS = Dir[File.expand_path("../fixtures/requests/*.json", __dir__)].map { |file| JSON.parse(File.read(file))["event"] }.freeze
  BROKEN = [{}, { "Records" => [] }, { "requestContext" => { "http" => { "method" => [] } } }, "{", "[]"].freeze
  BYTES = (0..255).to_a.pack("C*").freeze

  # Has short and long strings. Ruby stores the bytes of a short string in the object itself, which compaction moves.
  MANY_HEADERS = {
    "version" => "2.0", "rawPath" => "/", "requestContext" => { "http" => { "method" => "POST" } },
    "headers" => (1..40).to_h { |number| ["x-#{number}", "v#{number}" * (number % 4)] }.merge("x-long" => "y" * 500),
    "body" => ["body" * 100].pack("m0"), "isBase64Encoded" => true
  }.freeze

  # An application that responds with a checksum of its request's headers, and with the request's body.
  ECHO = lambda do |env|
    headers = env.select { |key, _| key.start_with?("HTTP_X_") }
    [200, { "content-type" => "text/plain", "x-sum" => headers.to_a.join.sum.to_s }, [env["rack.input"].read, "!" * 30]]
  end

  # An application that responds differently to each of five consecutive requests.
  class App
    def initialize
      @count = 0
    end

    def call(env)
      env["rack.input"].read
      case @count += 1
      when ->(it) { it % 5 == 0 } then [200, { "content-type" => "image/png", "x-a" => "1" }, [BYTES]]
      when ->(it) { it % 5 == 1 } then [200, { "content-type" => "text/html", "set-cookie" => "a=1\nb=2" }, ["<p>", +"ü" * 50, "</p>"]]
      when ->(it) { it % 5 == 2 } then [200, { "content-type" => "application/json", "x-a" => %w[1 2], "x-i" => 5 }, ["\"\\\u0001" * 30]]
      when ->(it) { it % 5 == 3 } then [304, { "etag" => "x" }, Enumerator.new { |chunks| chunks << "a" << "b" }]
      else [500, {}, ->(stream) { stream << env["PATH_INFO"] }]
      end
    end
  end

  # Handles each event as a Hash and as JSON. Also handles the malformed events, which raise errors.
  def self.answer_all(app, context)
    EVENTS.each do |event|
      Lamby.handler(app, event, context)
      Lamby.handler(app, JSON.generate(event), context)
    end
    BROKEN.each do |event|
      Lamby.handler(app, event, context)
    rescue Lamby::Error
      nil
    end
  end
end
