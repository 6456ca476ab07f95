# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby new`: creates a new Rails application that is ready to deploy.
    class NewCommand
      HELP = <<~TEXT
        Usage: lamby new NAME [options]

        Creates a Rails application with "rails new", adds the gem lamby, and runs
        "rails generate lamby:install" in it.

        "lamby install --help" describes --integration, --architecture, --ci, --auth, --internal,
        --streaming, --snapstart, --alarms, --canary, --xray and --vpc. All other options go to
        "rails new", for example --database=postgresql.
      TEXT
      OWN = /\A--(?:integration|architecture|ci|auth)(=|\z)|\A--(?:no-)?(?:alarms|canary|internal|snapstart|streaming|vpc|xray)\z/
      NO_RAILS = "new needs Rails: gem install rails"
      private_constant :HELP, :OWN, :NO_RAILS

      # @param option [String] such as "--ci"
      # @return [Boolean] whether it is an option of "lamby install", which `lamby new` passes on
      def self.own?(option)
        OWN.match?(option)
      end

      def initialize(arguments, out:)
        @out = out
        @help = arguments.intersect?(%w[-h --help])
        @own, @rails = divide(arguments)
        raise UsageError, "name the application: lamby new NAME" unless @help || @rails.first&.match?(/\A[^-]/)
      end

      # Creates the application in a new folder inside of the current folder.
      #
      # @return [Integer] exit status
      def call
        return @out.puts(HELP, "", "    -h, --help                       Print this help") || 0 if @help

        name = @rails.first
        check_options
        run("rails", "new", *@rails, "--template=#{template}") or return 1
        return say_what_is_left(name) || 0 if @rails.include?("--skip-bundle")
        # "rails new" exits with 0 even if it could not install the gems.
        return say_what_is_left(name) || 1 unless run("bundle", "check", chdir: name, out: File::NULL, err: File::NULL)

        run("bundle", "exec", "rails", "generate", "lamby:install", *@own, chdir: name) ? 0 : 1
      end

      private

      # Separates the options of "lamby install", each with its value, from the arguments of "rails new".
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

      # Refuses options that "rails new" does not have, because it ignores them itself. Thor, with which Rails reads its
      # options, also accepts --skip-NAME for --no-NAME, underscores, and several letters after one hyphen.
      def check_options
        known = IO.popen([environment, "rails", "new", "--help", { err: File::NULL, unsetenv_others: true }], &:read)
                  .scan(/(?<![\w-])--?[a-z][\w-]*/i)
        return if known.empty?

        names = known.map { |name| name.sub(/\A--(?:no|skip)-/, "--") } + known
        wrong = @rails.grep(/\A-/).flat_map { |option| option.match?(/\A-[a-z]{2,}\z/i) ? option.chars.drop(1).map { |it| "-#{it}" } : option }
                      .find { |option| !names.include?(option[/\A[^=]+/].tr("_", "-").sub(/\A--(?:no|skip)-/, "--")) }
        raise UsageError, "there is no option #{wrong}: \"rails new --help\" lists the options of Rails" if wrong
      rescue Errno::ENOENT
        raise UsageError, NO_RAILS
      end

      def template
        File.expand_path("../scaffold/rails_template.rb", __dir__)
      end

      def run(*command, **options)
        system(environment, *command, unsetenv_others: true, exception: true, **options)
        true
      rescue Errno::ENOENT
        raise UsageError, NO_RAILS
      rescue RuntimeError
        false
      end

      # The new application has its own bundle, so the bundle of this process must not apply to it.
      def environment
        defined?(::Bundler) ? ::Bundler.unbundled_env : ENV.to_h
      end

      def say_what_is_left(name)
        @out.puts "", "Next: cd #{name} && bundle install && bundle exec rails generate lamby:install #{@own.join(" ")}".rstrip
      end
    end
  end
end
