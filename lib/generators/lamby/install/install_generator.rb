# frozen_string_literal: true

require "rails/generators"
require "lamby/install"

module Lamby
  # Rails' generators.
  module Generators
    # `rails generate lamby:install`
    class InstallGenerator < ::Rails::Generators::Base
      desc "Writes what the application needs to be deployed to AWS Lambda: Dockerfile, SAM template, bin/deploy, " \
           "a development container, files for CI, and settings."
      Install::Generator.declare(self)

      def install
        generator = Install::Generator.new([], options, destination_root: destination_root, behavior: behavior, shell: Install::Shell.new)
        generator.invoke_all
      end
    end
  end
end
