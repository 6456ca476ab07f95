# frozen_string_literal: true

require "rails/generators"
require "lamby/scaffold"

module Lamby
  # Generators for Rails applications.
  module Generators
    # `rails generate lamby:install`. It does the same as `lamby install`.
    class InstallGenerator < ::Rails::Generators::Base
      desc "Writes the files that the application needs for a deployment to AWS Lambda: Dockerfile, SAM template, " \
           "bin/deploy, a development container, CI workflows, and an initializer with all settings."
      Scaffold::Generator.declare(self)

      # Writes the files.
      #
      # @return [void]
      def install
        configuration = { destination_root: destination_root, behavior: behavior, shell: Scaffold::Prompt.new }
        Scaffold::Generator.new([], options, **configuration).invoke_all
      end
    end
  end
end
