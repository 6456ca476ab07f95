# frozen_string_literal: true

# For a local web server. Lambda needs no web server: the image's CMD is ["config/environment.Lamby.cmd"].
require_relative "config/environment"

run Rails.application
