# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby install`: writes what an application needs to be deployed.
    class Install
      ABOUT = <<~TEXT
        Usage: lamby install [options]

        Writes what the application in this folder needs to be deployed to AWS Lambda: Dockerfile, SAM
        template, bin/deploy, a development container, and files for CI. It overwrites nothing without
        a yes, and shows what would change. In a Rails application it is "rails generate lamby:install".

      TEXT
      private_constant :ABOUT

      def initialize(arguments, out:)
        @arguments = arguments
        @out = out
      end

      # @return [Integer] status to exit with
      def call
        require "lamby/install"
        return help if @arguments.intersect?(%w[-h --help])

        # Thor would print what is wrong, and go on as if nothing were.
        Lamby::Install::Generator.start(@arguments, shell: Lamby::Install::Shell.new, debug: true)
        0
      rescue LoadError => e
        raise UsageError, "install needs the gem thor: #{e.message}"
      rescue Thor::Error => e
        raise UsageError, e.message
      end

      private

      def help
        @out.puts ABOUT
        Lamby::Install::Generator.class_options_help(Thor::Base.shell.new)
        0
      end
    end
  end
end
