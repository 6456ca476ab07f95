# frozen_string_literal: true

require "rails/generators"
require "lamby/install"

module Lamby
  # Generators for Rails applications.
  module Generators
    # `rails generate lamby:install`: the same as `lamby install`.
    class InstallGenerator < ::Rails::Generators::Base
      desc "Writes the files that the application needs for a deployment to AWS Lambda: Dockerfile, SAM template, " \
           "bin/deploy, a development container, CI workflows, and an initializer with all settings."
      Install::Generator.declare(self)

      def install
        generator = Install::Generator.new([], options, destination_root: destination_root, behavior: behavior, shell: Install::Shell.new)
        generator.invoke_all
      end
    end
  end
end
