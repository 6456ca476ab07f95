# frozen_string_literal: true

require "thor"
require "thor/group"

module Lamby
  # Writes the files that an application needs for a deployment, for `lamby install` and
  # `rails generate lamby:install`.
  #
  # @api private
  module Scaffold
    autoload :Choices, "lamby/scaffold/choices"
    autoload :Generator, "lamby/scaffold/generator"
    autoload :NextSteps, "lamby/scaffold/next_steps"
    autoload :Prompt, "lamby/scaffold/prompt"
    autoload :Settings, "lamby/scaffold/settings"
  end
end
