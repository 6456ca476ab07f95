# frozen_string_literal: true

module Lamby
  VERSION = "7.0.0"
end
