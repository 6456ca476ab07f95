# frozen_string_literal: true

module Lamby
  Local::RuntimeAPI = Testing::RuntimeAPI
end
