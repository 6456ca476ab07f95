# frozen_string_literal: true

require "lamby/base"

# The command `lamby` loads `lamby/base` first, so that it does not load Rails before the application does.
require "lamby/railtie" if defined?(Rails::Railtie)
