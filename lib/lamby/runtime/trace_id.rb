# frozen_string_literal: true

module Lamby
  module Runtime
    # The environment variable with the trace id of the invocation. The X-Ray SDK reads it:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    module TraceId
      VARIABLE = "_X_AMZN_TRACE_ID"
      private_constant :VARIABLE

      # Sets the variable, or deletes it.
      #
      # @param id [String, nil]
      # @return [void]
      def self.export(id)
        ENV[VARIABLE] = id unless id && Native.export_trace_id(id)
      end
    end
  end
end
