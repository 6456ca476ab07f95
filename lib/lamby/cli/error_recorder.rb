# frozen_string_literal: true

module Lamby
  module CLI
    # Records why the application responds with an error. `lamby invoke` puts it around the application, because a
    # framework turns exceptions into error pages.
    class ErrorRecorder
      # The keys of the env with the exception that a framework has rescued: Rails, Sinatra.
      EXCEPTIONS = %w[action_dispatch.exception sinatra.error].freeze
      # The body of Rack::Protection::HostAuthorization, which Sinatra uses.
      NOT_PERMITTED = /\AHost not permitted/
      OTHER_HOST = "or send a permitted host with --path \"https://HOST/\""
      private_constant :EXCEPTIONS, :NOT_PERMITTED, :OTHER_HOST

      # Puts a recorder around the configured application.
      #
      # @return [ErrorRecorder]
      def self.install
        recorder = new(Lamby.config.rack_app)
        Lamby.config.rack_app = recorder
      rescue Error # There is no application: the function only has handlers of Config#on.
        new(nil)
      end

      # @param app [#call, nil] a Rack application
      def initialize(app)
        @app = app
        return unless defined?(::ActionDispatch::DebugExceptions)

        # Rails' debug page does not put the exception into the env.
        ::ActionDispatch::DebugExceptions.register_interceptor { |_request, exception| @error = exception }
      end

      # Calls the application.
      #
      # @param env [Hash]
      # @return [Array]
      def call(env)
        @env = env
        @error = nil
        @app.call(env)
      rescue Exception => e # rubocop:disable Lint/RescueException -- only recorded, and raised again
        @error = e
        raise
      end

      # Returns the exception that the last request has raised, even if the framework rescued it.
      #
      # @return [Exception, nil]
      def error
        @error || @env&.values_at(*EXCEPTIONS)&.compact&.first
      end

      # Returns why the application refused the host of the last request.
      #
      # @param response [Simulator::Response]
      # @return [String, nil] nil if it did not refuse the host
      def blocked_host(response)
        return unless @env && response.status == 403
        return rails_blocks if rails_blocks?

        "Sinatra does not permit the host #{host.inspect}: add it to permitted_hosts in \"set :host_authorization\", #{OTHER_HOST}" if
          NOT_PERMITTED.match?(response.body)
      end

      private

      # Rails sets `action_dispatch.authorized_host` in the env of each request whose host it accepts.
      def rails_blocks?
        defined?(::Rails.application) && ::Rails.application && !Array(::Rails.application.config.hosts).empty? &&
          !@env.key?("action_dispatch.authorized_host")
      end

      def rails_blocks
        "Rails blocks the host #{host.inspect}: add it to config.hosts in config/environments/#{::Rails.env}.rb, #{OTHER_HOST}"
      end

      def host
        @env["HTTP_X_FORWARDED_HOST"] || @env["HTTP_HOST"]
      end
    end
  end
end
