# frozen_string_literal: true

module Lamby
  # Servers for tests.
  module Testing
    autoload :RuntimeAPI, "lamby/testing/runtime_api"
  end
end
