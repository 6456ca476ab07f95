# frozen_string_literal: true

# For a web server on one's own machine; Lambda is given CMD ["config/environment.Lamby.cmd"].
require_relative "app"

run Example
