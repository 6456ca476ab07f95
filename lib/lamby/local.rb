# frozen_string_literal: true

require "lamby/simulator"

module Lamby
  # Former name of {Simulator}.
  Local = Simulator

  # Former name of {Testing::RuntimeAPI}.
  Local.autoload :RuntimeAPI, "lamby/local/runtime_api"
end
