# frozen_string_literal: true

module Lamby
  module Serve
    # The Rack application of the HTTP server. It passes each request to the inspector, to Lambda's Invoke API or to the
    # application.
    class Router
      # The path of the inspector.
      INSPECTOR = "/__lamby"
      private_constant :INSPECTOR

      # @param local_only [LocalOnly]
      # @param inspector [#call]
      # @param invoke_endpoint [InvokeEndpoint]
      # @param front [Front]
      def initialize(local_only, inspector, invoke_endpoint, front)
        @local_only = local_only
        @inspector = inspector
        @invoke_endpoint = invoke_endpoint
        @front = front
      end

      # @param env [Hash{String => Object}] a Rack env
      # @return [Array(Integer, Hash, #each)] a Rack response
      def call(env)
        refusal = @local_only.refusal(env)
        return HTTPResponse.text(403, "text/plain", "lamby serve: #{refusal}.\n") if refusal

        path = env["PATH_INFO"]
        return inspect(env, path) if path == INSPECTOR || path.start_with?("#{INSPECTOR}/")
        return @invoke_endpoint.call(env) if @invoke_endpoint.handles?(env)

        @front.call(env)
      end

      private

      def inspect(env, path)
        @inspector.call(env.merge("SCRIPT_NAME" => INSPECTOR, "PATH_INFO" => path.delete_prefix(INSPECTOR)))
      end
    end
  end
end
