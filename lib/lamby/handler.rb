# frozen_string_literal: true

require "rack/version"

module Lamby
  # One event, answered by an application.
  class Handler
    require "lamby/#{::Rack.release < '3' ? 'rack2' : 'rack3'}"
    BASE_ENV = ::Rack.release < "3" ? Rack2::ENV : Rack3::ENV
    private_constant :BASE_ENV

    # @see Lamby.handler
    def self.call(app, event, context)
      new(event, context).call(app)
    end

    # @return [Hash{String => Object}] the Rack env
    attr_reader :env

    # @raise [InvalidEvent, UnhandledEvent] see {Lamby.handler}
    def initialize(event, context)
      @json = event.is_a?(String)
      @env = BASE_ENV.dup
      @integration = Native.request(event, request_id(context), @env)
      @env["rack.errors"] = $stderr
      @env["rack.response_finished"] = @finished = []
      @env["lambda.event"] = @json ? Event.new(event) : event
      @env["lambda.context"] = context
      @head_request = @env["REQUEST_METHOD"] == "HEAD"
    end

    # @param app [#call] a Rack application
    # @return [Hash{Symbol => Object}, String] see {Lamby.handler}
    def call(app)
      @status, @headers, body = triplet(app.call(@env))
      payload(body)
    rescue Exception => e # rubocop:disable Lint/RescueException -- told to the callbacks, and raised on
      error = e
      raise
    ensure
      finish(error) unless @finished.empty?
    end

    private

    def request_id(context)
      context.aws_request_id if context.respond_to?(:aws_request_id)
    end

    # "It takes exactly one argument, the environment, and returns a non-frozen Array
    # of exactly three elements" (Rack SPEC).
    def triplet(response)
      return response if response.is_a?(Array) && response.size == 3
      return triplet(response.to_ary) if response.respond_to?(:to_ary) && !response.is_a?(Array)

      raise InvalidResponse, "the application returned #{response.class}, #{response.inspect[0, 200]}; " \
                             "Rack wants an Array of status, headers and body"
    end

    def payload(body)
      chunks = @head_request ? "" : Body.read(body, @env["rack.input"])
      if @json
        Native.response_json(@integration, @head_request, @status, headers_hash, chunks)
      else
        Native.response_hash(@integration, @head_request, @status, headers_hash, chunks)
      end
    ensure
      # "If the body responds to close, it must be called" (Rack SPEC), whatever happened.
      body.close if body.respond_to?(:close)
    end

    # A Hash in Rack 3; in Rack 2 anything that yields pairs.
    def headers_hash
      return @headers if @headers.is_a?(Hash)
      return @headers.to_hash if @headers.respond_to?(:to_hash)
      return @headers.enum_for(:each).to_h if @headers.respond_to?(:each) && !@headers.is_a?(Array)

      raise InvalidResponse, "the application's headers are #{@headers.inspect[0, 200]} (#{@headers.class}); Rack wants a Hash"
    end

    # "These callables are invoked after the response has been finished, in reverse
    # order, and are called with the environment, status, headers and error; exceptions
    # are caught" (Rack SPEC).
    def finish(error)
      @finished.reverse_each do |callback|
        callback.call(@env, @status, @headers, error)
      rescue StandardError => e
        $stderr.puts "rack.response_finished: #{e.full_message(highlight: false)}"
      end
    end
  end
end
