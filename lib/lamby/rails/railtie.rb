# frozen_string_literal: true

require "lamby/rails/log_fallback"

module Lamby
  # Sets up Lamby in a Rails application. The settings are at `config.lamby`. On Lambda, only /tmp is writable, so
  # the log goes to standard output.
  class Railtie < ::Rails::Railtie
    config.lamby = Lamby.config
    config.before_configuration { Metrics::BootPhases.done(:gems) }
    config.after_initialize { Metrics::BootPhases.done(:application) }

    ON_LAMBDA = ENV.key?("AWS_LAMBDA_FUNCTION_NAME")
    private_constant :ON_LAMBDA
    LogFallback.install if ON_LAMBDA

    rake_tasks { load File.expand_path("tasks.rake", __dir__) }

    # Runs after the application's own initializers, and before Rails builds the middleware from
    # `config.host_authorization`.
    initializer "lamby.forwarded_host", before: :build_middleware_stack do |app|
      next if Array(app.config.hosts).empty? || !app.config.respond_to?(:host_authorization)

      require "lamby/rails/forwarded_host"
      options = app.config.host_authorization || {}
      app.config.host_authorization = options.merge(exclude: ForwardedHost.new(app.config.hosts, options[:exclude]))
    end

    config.after_initialize do
      next unless Lamby.config.stage_as_script_name

      require "lamby/rails/stage_assets"
      # Rails sets asset_host in a hook of the same name, so a hook of action_controller_base would run too early.
      ::ActiveSupport.on_load(:action_controller) { StageAssets.install(self) if respond_to?(:asset_host) }
    end

    # Runs after the environment's file, such as config/environments/production.rb, and keeps a logger that this file
    # has set.
    initializer "lamby.log_to_standard_output", before: :initialize_logger, group: :all do |app|
      next unless ON_LAMBDA && app.config.logger.nil?

      # Lambda freezes the process between invocations, so a buffered line would appear late or never.
      $stdout.sync = true
      logger = ::ActiveSupport::Logger.new($stdout)
      logger.formatter = app.config.log_formatter || ::ActiveSupport::Logger::SimpleFormatter.new
      app.config.logger = ::ActiveSupport::TaggedLogging.new(logger)
      # With this tag, a search for Lambda's request id in CloudWatch finds all lines of one invocation.
      app.config.log_tags ||= [:request_id]
    end
  end
end
