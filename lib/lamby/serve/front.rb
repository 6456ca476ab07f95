# frozen_string_literal: true

module Lamby
  module Serve
    # The Rack application behind the HTTP server of `lamby serve`.
    class Front
      # The largest payload of a function, in bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      PAYLOAD_LIMIT = 6 * 1024 * 1024
      # "The maximum size of the response JSON that the Lambda function can send is 1 MB", in bytes.
      # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
      LOAD_BALANCER_LIMIT = 1024 * 1024
      private_constant :PAYLOAD_LIMIT, :LOAD_BALANCER_LIMIT

      # @param settings [Settings]
      # @param environments [Environments]
      # @param console [Console]
      def initialize(settings, environments, console)
        @settings = settings
        @integration = settings.integration
        @environments = environments
        @console = console
        @events = EventFactory.new(settings)
        @local_only = LocalOnly.new(settings.hosts)
        @refusals = Refusals.new(@integration)
      end

      # @param env [Hash{String => Object}] a Rack env
      # @return [Array(Integer, Hash, #each)] a Rack response
      def call(env)
        refusal = @local_only.refusal(env)
        return HTTPResponse.text(403, "text/plain", "lamby serve: #{refusal}.\n") if refusal
        return redirect if env["PATH_INFO"] == "/" && !@settings.prefix.empty?

        invoke(env)
      end

      private

      # Leads from the address that the terminal shows to the application.
      def redirect
        [302, { "location" => "#{@settings.prefix}/", "content-length" => "0" }, []]
      end

      def invoke(env)
        started = now
        title = "#{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}#{"?#{env["QUERY_STRING"]}" unless env["QUERY_STRING"].to_s.empty?}"
        call = Call.new(@events.event(env), title)
        @environments.submit(call)
        first = call.next_chunk
        return streamed(env, call, first, started) if first

        buffered(env, call, started)
      rescue EventFactory::Refused => e
        refuse(env, title, Outcome.new(kind: e.kind, message: e.message), started)
      end

      def buffered(env, call, started)
        outcome = call.outcome
        return refuse(env, call.title, outcome, started) unless outcome.response?

        too_large = too_large(outcome.payload)
        return refuse(env, call.title, too_large, started) if too_large

        response = Simulator.answer(@integration, outcome.payload)
        log(call.title, response.status, started, response.body.bytesize)
        HTTPResponse.build(response.status, response.headers, response.body.empty? ? [] : [response.body])
      rescue InvalidResponse => e
        refuse(env, call.title, Outcome.new(kind: :malformed, message: e.message), started)
      end

      def too_large(payload)
        limit = @integration.start_with?("alb") ? LOAD_BALANCER_LIMIT : PAYLOAD_LIMIT
        return if payload.bytesize <= limit

        Outcome.new(kind: :response_too_large, message: "the payload has #{payload.bytesize} bytes; #{@integration} accepts #{limit}")
      end

      def streamed(env, call, first, started)
        response = StreamedResponse.new(call, first, ->(bytes) { streamed_all(call, response, started, bytes) })
        problem = response.problem || not_streaming
        return HTTPResponse.build(response.status, response.headers, response) unless problem

        call.abandon
        refuse(env, call.title, Outcome.new(kind: :malformed, message: problem), started)
      end

      def not_streaming
        return if @settings.streaming?

        "the function streamed its response, but #{@integration} does not stream: start \"lamby serve --streaming\", " \
          "or set config.invoke_mode to :buffered"
      end

      def streamed_all(call, response, started, bytes)
        outcome = call.outcome
        failed = outcome && !outcome.response?
        log(call.title, response.status, started, bytes, outcome ? "streamed" : "the client disconnected")
        @console.failed(call.title, outcome) if failed
      end

      def refuse(env, title, outcome, started)
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
