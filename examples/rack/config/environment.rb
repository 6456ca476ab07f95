# frozen_string_literal: true

require "lamby"
require_relative "../app"

Lamby.configure { |config| config.rack_app = Example }
