# frozen_string_literal: true

# rubocop:disable Style/Semicolon -- most rows of the table are one line

# A table of applications that break the Rack SPEC in ways that could cause a crash, a hang or a wrong response, and
# of the outcomes that they must have.
module HostileApplication
  # @!attribute name
  #   @return [String]
  # @!attribute app
  #   @return [#call]
  # @!attribute expected
  #   @return [Array<Array>] the correct outcomes, made by {response} and {error}
  # @!attribute streamed
  #   @return [Array<Array>] the correct outcomes of a streamed response
  # @!attribute ends
  #   @return [Boolean] whether the process of `lamby runtime` ends after the response
  # @!attribute modes
  #   @return [Array<Symbol>] how the application is called
  Case = Struct.new(:name, :app, :expected, :streamed, :ends, :modes, keyword_init: true)

  # The ways to run a case. `hash` and `bytes` call the handler with a Hash or with JSON. `buffered` and `streamed` run
  # `lamby runtime` with buffered or with streamed responses.
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

  # In seconds. A case that takes longer counts as a hang. Most cases take much less.
  PATIENCE = Integer(ENV.fetch("LAMBY_HOSTILE_PATIENCE", 60))

  class << self
    # @return [Array<Case>]
    def cases
      @cases ||= bodies + chunks + headers + statuses + shapes + exceptions + environments + threads
    end

    # @return [Array] an outcome: the response that a client gets
    def response(body, status = 200) = ["response", status, fingerprint(body)]

    # @return [Array] an outcome: the exception that the caller gets, or that is reported to Lambda
    def error(name) = ["error", name.to_s.gsub(/[^A-Za-z]/, "")]

    # @return [String] the body, or the length and the checksum of a long body
    def fingerprint(body)
      body = body.b
      body.bytesize <= 100 ? body.inspect : "#{body.bytesize} bytes, #{body.sum(32)}"
    end

    # Calls `Lamby.handler` with another event, and with the context of this env. `Lamby.handler` returns the inner
    # response to the application, and the client does not get this response.
    def nested(env)
      payload = Lamby.handler(->(_) { [200, {}, ->(stream) { stream.write("inner"); stream.close }] }, JSON.generate(EVENT), env["lambda.context"])
      raise "the inner response is #{payload.inspect}" unless payload.to_s.include?("inner")
    end

    private

    def build(name, expected, streamed: nil, ends: false, modes: MODES, &app)
      # `expected` and `streamed` are one correct outcome, or a list of correct outcomes.
      expected, streamed = [expected, streamed || expected].map { |it| it.first.is_a?(Array) ? it : [it] }
      Case.new(name: name, app: app, expected: expected, streamed: streamed, ends: ends, modes: modes)
    end

    # @yield inside a new class, where `define` adds a method
    # @return [Object] an object of that class
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
