# frozen_string_literal: true

module Lamby
  module Middleware
    # Responds to a load balancer's health checks.
    #
    # @see Config#health_check_path
    # @api private
    module HealthCheck
      # @return [Array] a Rack response
      # @api private
      def self.call(_env)
        [200, { "content-type" => "text/plain" }, ["OK"]]
      end
    end
  end
end
