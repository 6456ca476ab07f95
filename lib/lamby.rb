# frozen_string_literal: true

require "lamby/base"

# The command `lamby` has loaded the rest before the application, and Rails with it.
require "lamby/railtie" if defined?(Rails::Railtie)
