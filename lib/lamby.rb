# frozen_string_literal: true

require "lamby/without_rails"

# The command `lamby` loads `lamby/without_rails` first, so that it does not load Rails before the application does.
require "lamby/rails/railtie" if defined?(Rails::Railtie)
