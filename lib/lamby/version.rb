# frozen_string_literal: true

module Lamby
  # The version of the gem and of its crates. `rake lint` compares it with Cargo.toml.
  VERSION = "7.0.0"
end
