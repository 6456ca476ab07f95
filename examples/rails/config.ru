# frozen_string_literal: true

# For a web server on one's own machine. Lambda needs none: it is given
# CMD ["config/environment.Lamby.cmd"].
require_relative "config/environment"

run Rails.application
