# frozen_string_literal: true

# For a local web server. On Lambda, the image's CMD is ["config/environment.Lamby.cmd"].
require_relative "app"

run Example
