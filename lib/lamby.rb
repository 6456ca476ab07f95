# frozen_string_literal: true

require "lamby/without_rails"

# The command `lamby` requires only `lamby/without_rails`, because it starts before Rails is loaded. The application
# requires this file later, after Rails.
require "lamby/rails/railtie" if defined?(Rails::Railtie)
