# frozen_string_literal: true

module Lamby
  module Serve
    # Handles the requests for the application: invokes the function, and responds as the integration does.
    class Front
      # The largest payload of a function, in bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      PAYLOAD_LIMIT = 6 * 1024 * 1024
      # "The maximum size of the response JSON that the Lambda function can send is 1 MB", in bytes.
      # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
      LOAD_BALANCER_LIMIT = 1024 * 1024
      private_constant :PAYLOAD_LIMIT, :LOAD_BALANCER_LIMIT

      # @param settings [Settings]
      # @param invoker [Invoker]
      # @param console [Console]
      def initialize(settings, invoker, console)
        @settings = settings
        @integration = settings.integration
        @invoker = invoker
        @console = console
        @events = EventFactory.new(settings)
        @refusals = Refusals.new(@integration, settings.timeout)
      end

      # @param env [Hash{String => Object}] a Rack env
      # @return [Array(Integer, Hash, #each)] a Rack response
      def call(env)
        return redirect if env["PATH_INFO"] == "/" && !@settings.prefix.empty?

        invoke(env)
      end

      # Invokes the function with the event of a request.
      #
      # @param env [Hash{String => Object}] a Rack env
      # @param id [String] the request id
      # @return [Array(Integer, Hash, #each)] a Rack response
      def invoke(env, id: SecureRandom.uuid)
        started = now
        query = env["QUERY_STRING"].to_s
        title = "#{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}#{"?#{query}" unless query.empty?}"
        event, request = @events.event(env)
        call = @invoker.start(event, kind: :http, title: title, id: id, integration: @integration, request: request)
        first = call.next_chunk
        first ? streamed(env, call, first, started) : buffered(env, call, started)
      rescue EventFactory::Refused => e
        outcome = Outcome.new(kind: e.kind, message: e.message)
        @invoker.refuse(outcome, id: id, kind: :http, title: title, integration: @integration, request: nil, status: @refusals.status(e.kind))
        refusal(env, title, outcome, started)
      end

      private

      # Redirects from the root to the stage or the base path.
      def redirect
        [302, { "location" => "#{@settings.prefix}/", "content-length" => "0" }, []]
      end

      def buffered(env, call, started)
        outcome = call.outcome
        return refuse(env, call, outcome, started) unless outcome.response?

        too_large = too_large(outcome.payload)
        return refuse(env, call, too_large, started) if too_large

        response = Simulator.answer(@integration, outcome.payload)
        @invoker.finish(call, outcome, status: response.status, headers: response.headers)
        log(call.title, response.status, started, response.body.bytesize)
        HTTPResponse.build(response.status, response.headers, response.body.empty? ? [] : [response.body])
      rescue InvalidResponse => e
        refuse(env, call, Outcome.new(kind: :malformed, message: e.message, payload: outcome.payload), started)
      end

      def too_large(payload)
        limit = @integration.start_with?("alb") ? LOAD_BALANCER_LIMIT : PAYLOAD_LIMIT
        return if payload.bytesize <= limit

        Outcome.new(kind: :response_too_large, message: "the payload has #{payload.bytesize} bytes; #{@integration} accepts #{limit}", payload: payload)
      end

      def streamed(env, call, first, started)
        response = StreamedResponse.new(call, first, ->(bytes) { streamed_all(call, response, started, bytes) })
        problem = response.problem || not_streaming
        return HTTPResponse.build(response.status, response.headers, response) unless problem

        call.abandon
        refuse(env, call, Outcome.new(kind: :malformed, message: problem), started)
      end

      def not_streaming
        return if @settings.streaming?

        "the function streamed its response, but #{@integration} does not stream: start \"lamby serve --streaming\", " \
          "or set config.invoke_mode to :buffered"
      end

      def streamed_all(call, response, started, bytes)
        outcome = call.outcome || Outcome.new(kind: :disconnected)
        @invoker.finish(call, outcome, status: response.status, headers: response.headers)
        log(call.title, response.status, started, bytes, outcome.kind == :disconnected ? "the client disconnected" : "streamed")
        @console.failed(call.title, outcome) unless %i[response disconnected].include?(outcome.kind)
      end

      def refuse(env, call, outcome, started)
        @invoker.finish(call, outcome, status: @refusals.status(outcome.kind))
        refusal(env, call.title, outcome, started)
      end

      def refusal(env, title, outcome, started)
        status, type, body = @refusals.response(outcome.kind)
        log(title, status, started, body.bytesize)
        @console.failed(title, outcome)
        return HTTPResponse.text(status, type, body) unless env["HTTP_ACCEPT"].to_s.include?("text/html")

        page = ErrorPage.new(@integration, title, outcome, status, body).to_s
        HTTPResponse.build(status, ErrorPage::HEADERS + [["content-length", page.bytesize.to_s]], [page])
      end

      def log(title, status, started, bytes, remark = nil)
        @console.responded(title, status, (now - started) * 1000, bytes, remark)
      end

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
