# frozen_string_literal: true

module Lamby
  module Doctor
    # Compares the application's settings with the integration in the template.
    class Integration < Check
      # For each integration, what its template contains.
      MARKS = {
        "REST API" => "AWS::Serverless::Api\n", "HTTP API" => "AWS::Serverless::HttpApi",
        "load balancer" => "AWS::ElasticLoadBalancingV2::LoadBalancer", "Function URL" => "FunctionUrlConfig:"
      }.freeze
      STREAMING = /InvokeMode: RESPONSE_STREAM|responseTransferMode: STREAM/
      private_constant :MARKS, :STREAMING

      def title = "integration"

      private

      def results
        name = MARKS.find { |_name, mark| surroundings.template.include?(mark) }&.first
        return skipped("template.yaml names no integration that Lamby knows") unless name
        return skipped("the application does not start") unless surroundings.application.started?

        found = [stage(name), streaming(name)].compact
        mode = streams? ? "streamed" : "buffered"
        found.any? ? found : ok("#{name}, #{mode} responses")
      end

      def stage(name)
        return if name != "REST API" || surroundings.application.facts["stage_as_script_name"]

        warning("each URL of the REST API's own domain begins with the stage, and links of the application do not contain it",
                "set config.stage_as_script_name to true, unless clients use only a custom domain")
      end

      def streaming(name)
        mode = surroundings.application.facts["invoke_mode"]
        return if streams? == (mode == "response_stream")

        if streams?
          error("the #{name} streams responses, and the application sends them in one piece",
                "set LAMBY_INVOKE_MODE=response_stream in #{surroundings.dockerfile}")
        else
          error("the application streams responses, and the #{name} does not: clients get garbled bodies",
                "remove LAMBY_INVOKE_MODE and config.invoke_mode, or run \"lamby install --streaming\"")
        end
      end

      def streams?
        surroundings.template.match?(STREAMING)
      end
    end
  end
end
