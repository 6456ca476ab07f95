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
      check_unknown_options!

      # @return [Boolean] true: the command fails if an option is wrong
      def self.exit_on_failure? = true

      # Writes the files.
      #
      # @return [void]
      def install
        configuration = { destination_root: destination_root, behavior: behavior, shell: Scaffold::Prompt.new }
        Scaffold::Generator.new(args, options, **configuration).invoke_all
      end
    end
  end
end
