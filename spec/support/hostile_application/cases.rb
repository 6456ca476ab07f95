# frozen_string_literal: true

# rubocop:disable Style/Semicolon -- most rows of the table are one line

# Applications that break the Rack SPEC in every way that could cause a crash, a hang or a wrong response, and the
# outcome that each must have.
module HostileApplication
  # @!attribute name
  #   @return [String]
  # @!attribute app
  #   @return [#call]
  # @!attribute expected
  #   @return [Array<Array>] the outcomes that are right, made by {response} and {error}
  # @!attribute streamed
  #   @return [Array<Array>] the outcomes that are right for a streamed response
  # @!attribute ends
  #   @return [Boolean] whether a runtime's process ends after the response
  # @!attribute modes
  #   @return [Array<Symbol>] how the application is called
  Case = Struct.new(:name, :app, :expected, :streamed, :ends, :modes, keyword_init: true)

  # A Hash event and bytes, from the application's own process; then under `lamby runtime`.
  MODES = %i[hash bytes buffered streamed].freeze

  class Failed < StandardError; end
  class Fatal < Exception; end # rubocop:disable Lint/InheritException -- it is hostile

  FILE = File.join(__dir__, "file.txt")
  HEADERS = { "content-type" => "text/plain" }.freeze
  EVENT = {
    "version" => "2.0", "rawPath" => "/hostile", "rawQueryString" => "", "headers" => { "host" => "example.com" },
    "requestContext" => {
      "domainName" => "x.lambda-url.us-east-1.on.aws",
      "http" => { "method" => "GET", "path" => "/hostile", "protocol" => "HTTP/1.1", "sourceIp" => "203.0.113.9" }
    }
  }.freeze
  Context = Struct.new(:aws_request_id)

  # Seconds after which a case counts as a hang: far more than any needs.
  PATIENCE = Integer(ENV.fetch("LAMBY_HOSTILE_PATIENCE", 60))

  class << self
    # @return [Array<Case>]
    def cases
      @cases ||= bodies + chunks + headers + statuses + shapes + exceptions + environments + threads
    end

    # @return [Array] an outcome: what a client gets
    def response(body, status = 200) = ["response", status, fingerprint(body)]

    # @return [Array] an outcome: the exception that the caller gets, or whose name Lambda gets
    def error(name) = ["error", name.to_s.gsub(/[^A-Za-z]/, "")]

    # @return [String] short enough for a message
    def fingerprint(body)
      body = body.b
      body.bytesize <= 100 ? body.inspect : "#{body.bytesize} bytes, #{body.sum(32)}"
    end

    # Answers another event with the context of this one. Its response is the caller's alone.
    def nested(env)
      payload = Lamby.handler(->(_) { [200, {}, ->(stream) { stream.write("inner"); stream.close }] }, JSON.generate(EVENT), env["lambda.context"])
      raise "the inner response is #{payload.inspect}" unless payload.to_s.include?("inner")
    end

    private

    def build(name, expected, streamed: nil, ends: false, modes: MODES, &app)
      # One outcome, or several that are all right.
      expected, streamed = [expected, streamed || expected].map { |it| it.first.is_a?(Array) ? it : [it] }
      Case.new(name: name, app: app, expected: expected, streamed: streamed, ends: ends, modes: modes)
    end

    # @yield in a class body, where `define` defines a method
    # @return [Object] one of that class
    def body(&block)
      Class.new do
        define_singleton_method(:define) { |name, &code| define_method(name, &code) }
        class_eval(&block)
      end.new
    end

    def stressed
      GC.stress = true
      yield
    ensure
      GC.stress = false
    end
  end
end

require_relative "bodies"
require_relative "heads"
require_relative "exceptions"
require_relative "environments"
# rubocop:enable Style/Semicolon
