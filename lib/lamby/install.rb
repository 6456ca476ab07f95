# frozen_string_literal: true

require "thor"
require "thor/group"

module Lamby
  # Writes the files that an application needs for a deployment, for `lamby install` and
  # `rails generate lamby:install`.
  #
  # @api private
  module Install
    autoload :Choices, "lamby/install/choices"
    autoload :Generator, "lamby/install/generator"
    autoload :Shell, "lamby/install/shell"
  end
end
