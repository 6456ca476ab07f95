# frozen_string_literal: true

module Lamby
  module Handler
    # The response if the application has raised an exception and {Config#rescue_errors} is true.
    #
    # @api private
    module ErrorPage
      HTML = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Internal Server Error</title></head>\n" \
             "<body><h1>Internal Server Error</h1><p>The application could not answer this request.</p></body>\n</html>\n"
      private_constant :HTML

      # Logs the exception, and returns the error page.
      #
      # @param error [Exception]
      # @param context [Object] the invocation's context
      # @return [Array, nil] status, headers and body; nil if the exception is not a StandardError, because the
      #   invocation must then fail
      def self.for(error, context)
        return unless error.is_a?(StandardError)

        Runtime::Logging.exception(error, "the application raised an exception (rescue_errors)", context)
        [500, { "content-type" => "text/html; charset=utf-8" }, HTML]
      end
    end
  end
end
