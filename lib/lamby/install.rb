# frozen_string_literal: true

require "lamby/scaffold"

module Lamby
  # Former name of {Scaffold}.
  #
  # @api private
  module Install
    Choices = Scaffold::Settings
    Generator = Scaffold::Generator
    Shell = Scaffold::Prompt
  end
end
