# frozen_string_literal: true

require_relative "boot"
require "logger" # ActiveSupport before 7.1 uses Logger, but does not require it.
require "rails"
require "action_controller/railtie"
require "action_view/railtie"
require "lamby"

module Example
  class Application < Rails::Application
    config.load_defaults 6.1
    config.root = File.expand_path("..", __dir__)
    config.eager_load = Rails.env.production?
    config.logger = ActiveSupport::Logger.new($stdout)
    config.log_level = :warn
    config.secret_key_base = ENV.fetch("SECRET_KEY_BASE", "only for this example, as it is public")
    config.session_store :cookie_store, key: "_example_session"
    config.action_controller.allow_forgery_protection = false
    config.consider_all_requests_local = false
    config.hosts.clear
  end
end
