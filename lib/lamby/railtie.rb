# frozen_string_literal: true

# Applications require this path since lamby 6.
require "lamby/rails/railtie"
