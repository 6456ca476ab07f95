# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby install`: writes the files that an application needs for a deployment.
    class InstallCommand
      ABOUT = <<~TEXT
        Usage: lamby install [options]

        Writes the files that the application in this folder needs for a deployment to AWS Lambda:
        Dockerfile, SAM template, bin/deploy, a development container, and CI workflows. Before it
        overwrites a file, it shows the difference and asks. In a Rails application, you can also run
        "rails generate lamby:install".

        The value in parentheses is the default.

      TEXT
      private_constant :ABOUT

      def initialize(arguments, out:)
        @arguments = arguments
        @out = out
      end

      # Runs the generator in the current folder.
      #
      # @return [Integer] exit status
      def call
        require "lamby/scaffold"
        return help if @arguments.intersect?(%w[-h --help])

        # With `debug`, Thor raises an error for a wrong option. Without it, Thor prints the error, but exits with
        # status 0.
        Scaffold::Generator.start(@arguments, shell: Scaffold::Prompt.new, debug: true)
        0
      rescue LoadError => e
        raise UsageError, "install needs the gem thor: run \"gem install thor\" (#{e.message})"
      rescue Thor::Error => e
        raise UsageError, OptionError.of_thor(e, Scaffold::Generator.class_options.values.flat_map { |it| [it.switch_name, *it.aliases] })
      end

      private

      def help
        out = @out
        out.puts ABOUT
        shell = Thor::Base.shell.new
        shell.define_singleton_method(:stdout) { out } # Thor's shells always write to $stdout.
        Scaffold::Generator.class_options_help(shell)
        @out.puts "  -h, --help                       # Print this help"
        0
      end
    end
  end
end
