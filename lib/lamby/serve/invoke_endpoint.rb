# frozen_string_literal: true

require "base64"
require "json"

module Lamby
  module Serve
    # Lambda's API operation Invoke, so that the AWS CLI and the SDKs can invoke the function with `--endpoint-url`.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    class InvokeEndpoint
      PATH = %r{\A/2015-03-31/functions/([^/]+)/invocations\z}
      # The largest event in bytes: 6 MB for a synchronous invocation, 1 MB for an asynchronous one.
      # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      LIMIT = 6 * 1024 * 1024
      ASYNCHRONOUS_LIMIT = 1024 * 1024
      # This server does not check IAM permissions, on which the console relies.
      NO_CONSOLE = "lamby serve does not run the requests of lamby run and lamby console: use a shell, or bin/rails console"
      private_constant :PATH, :LIMIT, :ASYNCHRONOUS_LIMIT, :NO_CONSOLE

      # A request that Invoke refuses.
      class Refused < StandardError
        # @return [Integer] the status
        attr_reader :status
        # @return [String] the type of the error, such as "InvalidRequestContentException"
        attr_reader :type

        # @param status [Integer]
        # @param type [String]
        # @param message [String]
        def initialize(status, type, message)
          super(message)
          @status = status
          @type = type
        end
      end

      # @param invoker [Invoker]
      # @param asynchronous [Asynchronous]
      def initialize(invoker, asynchronous)
        @invoker = invoker
        @asynchronous = asynchronous
      end

      # @param env [Hash{String => Object}] a Rack env
      # @return [Boolean] whether the request is for this API
      def handles?(env) = env["REQUEST_METHOD"] == "POST" && PATH.match?(env["PATH_INFO"])

      # @param env [Hash{String => Object}] a Rack env
      # @return [Array(Integer, Hash, Array<String>)] a Rack response
      def call(env)
        case (type = env["HTTP_X_AMZ_INVOCATION_TYPE"] || "RequestResponse")
        when "RequestResponse" then respond(env, read(env, LIMIT))
        when "Event" then accept(read(env, ASYNCHRONOUS_LIMIT))
        when "DryRun" then [204, {}, []]
        else raise Refused.new(400, "InvalidParameterValueException", "the invocation type is #{type.inspect}, and has to be RequestResponse, Event or DryRun")
        end
      rescue Refused => e
        # The SDKs read the error's type from the header.
        body = JSON.generate("Type" => "User", "Message" => e.message, "message" => e.message)
        status, headers, lines = HTTPResponse.text(e.status, "application/json", body)
        [status, headers.merge("x-amzn-errortype" => e.type), lines]
      end

      private

      def read(env, limit)
        body = env["rack.input"]&.read(limit + 1) || ""
        raise Refused.new(413, "RequestTooLargeException", "the event is larger than #{limit} bytes") if body.bytesize > limit

        return "{}" if body.empty?

        body = body.dup.force_encoding(Encoding::UTF_8)
        not_json("the body is not UTF-8") unless body.valid_encoding?
        JSON.parse(body)
        body
      rescue JSON::ParserError => e
        not_json(e.message.lines.first.to_s[0, 200])
      end

      def not_json(why)
        raise Refused.new(400, "InvalidRequestContentException", "Could not parse request body into json: #{why}")
      end

      def respond(env, event)
        call, payload = @invoker.invoke(event, **details(event), client_context: client_context(env))
        outcome = call.outcome
        raise Refused.new(429, "TooManyRequestsException", "Rate Exceeded.") if outcome.kind == :throttled

        headers = { "x-amzn-requestid" => call.id, "x-amz-executed-version" => "$LATEST" }
        headers["x-amz-log-result"] = Base64.strict_encode64(call.log) if env["HTTP_X_AMZ_LOG_TYPE"] == "Tail"
        unless outcome.response?
          headers["x-amz-function-error"] = "Unhandled"
          payload = error(call)
        end
        status, usual, lines = HTTPResponse.text(200, "application/json", payload)
        [status, usual.merge(headers), lines]
      end

      def accept(event)
        @asynchronous.submit(event, **details(event))
        [202, { "content-length" => "0" }, []]
      end

      def error(call)
        outcome = call.outcome
        return JSON.generate(outcome.error) if outcome.error

        # Lambda's own messages for a timeout and a crash.
        message = outcome.kind == :timeout ? call.log[/Task timed out after .*/] : outcome.summary
        JSON.generate("errorType" => outcome.kind == :timeout ? "Sandbox.Timedout" : "Runtime.ExitError", "errorMessage" => "RequestId: #{call.id} Error: #{message}")
      end

      def details(event)
        kind = EventKind.of(event)
        { kind: kind, title: "invoke #{kind}" }
      end

      # The header is base64. The runtime gets JSON in a header, so it must not contain line breaks.
      # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#lambda-Invoke-request-ClientContext
      def client_context(env)
        encoded = env["HTTP_X_AMZ_CLIENT_CONTEXT"] or return
        context = JSON.parse(encoded.unpack1("m").force_encoding(Encoding::UTF_8))
        raise Refused.new(403, "AccessDeniedException", NO_CONSOLE) if ::Lamby::Console.mark?(context)

        JSON.generate(context)
      rescue JSON::ParserError, JSON::GeneratorError, EncodingError
        raise Refused.new(400, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
      end
    end
  end
end
