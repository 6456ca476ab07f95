# frozen_string_literal: true

module Lamby
  # The name of Testing::RuntimeAPI in earlier versions.
  Local::RuntimeAPI = Testing::RuntimeAPI
end
