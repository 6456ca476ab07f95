# frozen_string_literal: true

module Lamby
  # Rack applications that respond in place of the application, if {Config#health_check_path} or {Config#debug} is set.
  module Middleware
    autoload :DebugPage, "lamby/middleware/debug_page"
    autoload :HealthCheck, "lamby/middleware/health_check"

    # Returns the object that handles a request. This is nearly always the application itself.
    #
    # @param app [#call] the application
    # @param env [Hash] the request's env
    # @return [#call]
    # @api private
    def self.for(app, env)
      config = Lamby.config
      return HealthCheck if env["PATH_INFO"] == config.health_check_path

      config.debug && DebugPage.asked?(env) ? DebugPage.new(app) : app
    end
  end
end
