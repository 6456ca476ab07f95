# frozen_string_literal: true

require "lamby/without_rails"
require "rack/utils"

module Lamby
  # Runs a test suite through an integration. It is a Rack application around the application under test. It converts
  # each request to the event that the integration would send, handles the event with Lamby, and converts the payload to
  # the response that a client would get.
  #
  # An exception in the application reaches the test, as without Lamby. A request that is larger than the integration
  # accepts gets a response with status 413, and the application is not called.
  #
  # A test can share objects with the application: see {#call}. All other parts of the request and of the response pass
  # through the event and the payload.
  #
  # @example RSpec or Minitest with rack-test
  #   require "lamby/loopback"
  #
  #   def app
  #     Lamby::Loopback.new(MyApp, integration: :alb)
  #   end
  # @see file:docs/testing.md
  class Loopback
    autoload :Request, "lamby/loopback/request"

    # Entries of the env that belong to the server of the tests, or to a header. With them, an application could bypass
    # the integration.
    SERVER = /\A(?:rack\.(?:hijack|early_hints)|puma\.|HTTP_)/
    # Lamby makes these entries, and tests may read them after the request.
    LAMBDA = %w[lambda.event lambda.context].freeze
    private_constant :SERVER, :LAMBDA

    # @return [Symbol] the integration's name
    attr_reader :integration

    # @param app [#call] a Rack application
    # @param integration [Symbol, String] one of {Simulator.integrations}
    # @raise [ArgumentError] if there is no such integration
    def initialize(app, integration:)
      @app = app
      @integration = Simulator.integrations.find { |name| name.to_s == integration.to_s } or
        raise ArgumentError, "there is no integration #{integration.inspect}; the integrations are #{Simulator.integrations.join(", ")}"
    end

    # Sends a request through the integration.
    #
    # The entries of the env that have a dot in their names, such as `rack.session`, are not a part of HTTP, and an event
    # does not contain them. The application gets those that the test has set. When the application has returned, the
    # env also has each entry that the application has added or changed, such as `action_controller.instance`, and
    # `lambda.event` and `lambda.context`.
    #
    # @param env [Hash{String => Object}] a Rack env
    # @return [Array(Integer, Hash{String => String, Array<String>}, Array<String>)] status, headers and body. Names of
    #   headers are in lower case, or with capital letters on Rack 2. The body is in UTF-8 if its bytes are UTF-8, and binary otherwise
    # @raise [InvalidEvent] if an event cannot contain the request, for example because a header is not ASCII
    # @raise [InvalidResponse] if the integration would respond with 502 to the payload
    # @raise [ResponseTooLarge] if the payload is larger than the integration accepts
    # @raise [Exception] any exception that the application raises
    def call(env)
      request = Request.new(env)
      event = request.event(@integration)
      return too_large if request.too_large?(@integration, event)

      payload = Lamby.handler(sharing(env), event, Simulator.context)
      triplet(Simulator.answer(@integration, payload))
    end

    # @return [String] the integration, and the class of the application
    def inspect
      "#<#{self.class} #{@integration} #{@app.class}>"
    end

    private

    # Returns an application that shares entries of the env with the test.
    def sharing(outer)
      lambda do |env|
        outer.each { |name, value| env[name] = value if name.include?(".") && !env.key?(name) && !SERVER.match?(name) }
        env["rack.errors"] = outer["rack.errors"] || env["rack.errors"]
        before = env.except(*LAMBDA)
        @app.call(env)
      ensure
        outer.update(env.reject { |name, value| before.key?(name) && before[name].equal?(value) }) if before
      end
    end

    def triplet(response)
      headers = response.headers.group_by(&:first).transform_values { |lines| lines.map(&:last) }
      body = response.body.force_encoding(Encoding::UTF_8)
      body.force_encoding(Encoding::BINARY) unless body.valid_encoding?
      [response.status, rack_headers(headers), body.empty? ? [] : [body]]
    end

    def too_large
      text = "The request is larger than #{@integration} accepts.\n"
      [413, rack_headers("content-type" => ["text/plain"]), [text]]
    end

    # Rack 2 separates several values with line breaks. Its Rack::MockResponse finds cookies only with this spelling, and
    # its applications may read names in any case.
    def rack_headers(lists)
      return lists.transform_values { |values| values.size == 1 ? values.first : values } unless ::Rack.release < "3"

      ::Rack::Utils::HeaderHash[lists.to_h { |name, values| [name.gsub(/(?:\A|-)[a-z]/, &:upcase), values.join("\n")] }]
    end

    # Rails' tests call methods of the application, such as `routes`.
    def method_missing(name, ...)
      @app.respond_to?(name) ? @app.public_send(name, ...) : super
    end

    def respond_to_missing?(name, include_private = false)
      @app.respond_to?(name) || super
    end
  end
end
