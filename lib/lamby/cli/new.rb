# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby new`: a new Rails application, ready to be deployed.
    class New
      HELP = <<~TEXT
        Usage: lamby new NAME [options]

        Makes a new Rails application with "rails new", adds the gem lamby, and runs "rails generate
        lamby:install" in it.

        --integration, --architecture, --ci and --streaming are those of "lamby install"; all other
        options are those of "rails new", such as --database=postgresql.
      TEXT
      OWN = /\A--(?:integration|architecture|ci)(=|\z)|\A--(?:no-)?streaming\z/
      private_constant :HELP, :OWN

      def initialize(arguments, out:)
        @out = out
        @help = arguments.intersect?(%w[-h --help])
        @own, @rails = divide(arguments)
        raise UsageError, "name the application" unless @help || @rails.first&.match?(/\A[^-]/)
      end

      # @return [Integer] status to exit with
      def call
        return @out.puts(HELP) || 0 if @help

        name = @rails.first
        run("rails", "new", *@rails, "--template=#{template}") or return 1
        return say_what_is_left(name) || 0 if @rails.include?("--skip-bundle")
        # "rails new" ends well whether or not the gems could be installed.
        return say_what_is_left(name) || 1 unless run("bundle", "check", chdir: name, out: File::NULL, err: File::NULL)

        run("bundle", "exec", "rails", "generate", "lamby:install", *@own, chdir: name) ? 0 : 1
      end

      private

      # Its own options, each with its value, and those of Rails.
      def divide(arguments)
        own = []
        rails = []
        until arguments.empty?
          argument, *arguments = arguments
          match = OWN.match(argument)
          (match ? own : rails) << argument
          own << arguments.shift if match && match[1] == "" && arguments.any?
        end
        [own, rails]
      end

      def template
        File.expand_path("../install/rails_template.rb", __dir__)
      end

      def run(*command, **options)
        # Another bundle than this command's own is the application's.
        environment = defined?(::Bundler) ? ::Bundler.unbundled_env : ENV.to_h
        system(environment, *command, unsetenv_others: true, exception: true, **options)
        true
      rescue Errno::ENOENT
        raise UsageError, "new needs Rails: gem install rails"
      rescue RuntimeError
        false
      end

      def say_what_is_left(name)
        @out.puts "", "Next: cd #{name} && bundle install && bundle exec rails generate lamby:install #{@own.join(" ")}".rstrip
      end
    end
  end
end
