# frozen_string_literal: true

require "erb"

module Lamby
  module Scaffold
    # Writes each file from its template. Thor runs every public method, from top to bottom.
    class Generator < Thor::Group
      include Thor::Actions

      add_runtime_options!
      check_unknown_options!
      source_root File.expand_path("templates", __dir__)

      # Declares the options of this class or of Rails' generator.
      #
      # @param group [Class] a Thor::Group
      # @return [void]
      def self.declare(group)
        group.class_option :name, type: :string, desc: "First part of the names of stacks and image repositories (default: the folder's name)"
        group.class_option :integration, type: :string, enum: Settings::INTEGRATIONS, desc: "Integration (default: function_url)"
        group.class_option :auth, type: :string, enum: Settings::AUTHS, desc: "Who can call the Function URL: everybody, or AWS identities (default: none)"
        group.class_option :internal, type: :boolean, desc: "Make the load balancer accept clients of your network only (default: off)"
        group.class_option :streaming, type: :boolean, desc: "Stream responses, chunk by chunk (default: off)"
        group.class_option :architecture, type: :string, enum: Settings::ARCHITECTURES, desc: "Processor (default: arm64, which costs less)"
        group.class_option :database, type: :string, enum: Settings::DATABASES, desc: "Database (default: according to the Gemfile; SQLite is read-only)"
        group.class_option :vpc, type: :boolean, desc: "Connect the function to a private network (default: with a database server)"
        group.class_option :snapstart, type: :boolean, desc: "Start new environments from a snapshot, with SnapStart (default: off)"
        group.class_option :alarms, type: :boolean, desc: "Make alarms for errors, throttles and slow requests (default: off)"
        group.class_option :canary, type: :boolean, desc: "Send a tenth of the requests to a new version first (default: off)"
        group.class_option :xray, type: :boolean, desc: "Send traces to AWS X-Ray (default: off)"
        group.class_option :ci, type: :string, enum: Settings::CI, desc: "Service that tests and deploys (default: github)"
        { docker: "Dockerfile and .dockerignore", template: "template.yaml", bin: "bin/deploy, bin/setup and bin/server",
          devcontainer: ".devcontainer", ci: "CI workflows", rails: "initializer and changes to Rails' files" }.each do |part, files|
          group.class_option "skip_#{part}", type: :boolean, desc: "Leave out: #{files}"
        end
      end
      declare(self)

      # @return [String] the usage line of the help
      def self.banner
        "lamby install [options]"
      end

      # @return [Boolean] true: the command fails if an option is wrong
      def self.exit_on_failure? = true

      def check
        raise Thor::Error, "unexpected argument #{args.first.inspect}: lamby install writes to the current folder" if args.any?

        settings
        missing = settings.missing_files
        return if missing.empty? || behavior == :revoke

        raise Thor::Error, "this folder has no application: #{missing.join(" and ")} #{missing.one? ? "is" : "are"} missing. " \
                           "Go to the application's folder, or make a new Rails application with \"lamby new NAME\""
      end

      # Keeps the options for the next run. The name and the defaults are kept too, because the folder may get another
      # name, and a later version may have other defaults.
      def keep_choices
        defaults = { name: settings.name, integration: settings.integration, architecture: settings.architecture }
        create_file Choices::FILE, Choices.dump(defaults.merge(choices)), force: true
      end

      def docker
        return if choices[:skip_docker]

        template "Dockerfile.tt", settings.dockerfile
        if settings.other?(".dockerignore", /^# .* the image does not need/)
          complete_dockerignore
        else
          template "dockerignore.tt", ".dockerignore"
        end
      end

      def sam_template
        template "template.yaml.tt", "template.yaml" unless choices[:skip_template]
      end

      # Adds the image's platform to Gemfile.lock. A lock file that was made on another machine may lack this platform,
      # and Bundler would then refuse to install the gems in the image.
      def lock
        return if choices[:skip_docker] || behavior == :revoke || !settings.exist?("Gemfile.lock") || settings.locked?

        run "bundle lock --add-platform #{settings.gem_platform}"
      end

      # Excludes the output of `sam build` from git and from the image. Otherwise the next image would contain the
      # output of the previous build, and would differ even if the application had not changed.
      def ignore_what_is_built
        %w[.gitignore .dockerignore].each do |file|
          next if !settings.exist?(file) || (behavior == :invoke && settings.read(file).match?(%r{^/?\.aws-sam\b}))

          append_to_file file, "\n# The output of bin/deploy.\n/.aws-sam\n"
        end
      end

      # Writes the scripts. Keeps existing scripts that do not come from Lamby, such as Rails' bin/setup.
      def scripts
        return if choices[:skip_bin]

        %w[deploy setup server].each do |name|
          next if settings.other?("bin/#{name}", / #{settings.name}[ ,.]/)

          template "bin/#{name}.tt", "bin/#{name}"
          chmod "bin/#{name}", 0o755, verbose: false if behavior == :invoke
        end
      end

      def devcontainer
        return if choices[:skip_devcontainer]

        %w[Dockerfile devcontainer.json docker-compose.yml].each { |name| template "devcontainer/#{name}.tt", ".devcontainer/#{name}" }
      end

      def ci
        return if choices[:skip_ci]

        # Rails' own workflow runs the tests.
        workflows = settings.exist?(".github/workflows/ci.yml") ? %w[deploy] : %w[test deploy]
        workflows.each { |name| template "github/#{name}.yml.tt", ".github/workflows/#{name}.yml" } if settings.ci?("github")
        template "circleci/config.yml.tt", ".circleci/config.yml" if settings.ci?("circleci")
      end

      def rails
        return if choices[:skip_rails] || !settings.rails?

        template "rails/lamby.rb.tt", "config/initializers/lamby.rb"
        staging = "config/environments/staging.rb"
        template "rails/staging.rb.tt", staging if behavior == :revoke || !settings.exist?(staging)
        serve_static_files
        configure_database
        configure_staging
      end

      # Writes config/environment.rb, which gives `Lamby.cmd` the application of config.ru.
      def rack
        return if settings.rails? || (behavior == :invoke && settings.exist?("config/environment.rb"))

        template "rack/environment.rb.tt", "config/environment.rb"
      end

      def next_steps
        return if behavior == :revoke || options[:quiet]

        say "\n#{NextSteps.new(settings)}"
      end

      no_commands do
        # Renders a part of a template.
        #
        # @param name [String] a file among the templates
        # @return [String]
        def render(name)
          ERB.new(File.read(find_in_source_paths(name)), trim_mode: "-").result(binding)
        end

        # @return [Settings] the settings from the options and the folder
        def settings
          @settings ||= Settings.new(choices, destination_root)
        end

        # @return [Hash{Symbol => Object}] the options of this run, and those that an earlier run has kept
        def choices
          @choices ||= Choices.read(destination_root).merge(options.to_h.transform_keys(&:to_sym))
        end
      end

      private

      # Adds the lines that exclude secrets from the image to the application's own .dockerignore, such as Rails' file.
      def complete_dockerignore
        present = settings.read(".dockerignore").lines(chomp: true)
        lines = (Settings::SECRET_FILES + settings.sqlite_exceptions).reject { |line| present.include?(line) }
        return if lines.empty? || behavior == :revoke

        append_to_file ".dockerignore", "\n# Secrets and databases.\n#{lines.join("\n")}\n"
      end

      # Makes Rails serve static files in production if the application has turned that off. Applications of Rails
      # before 7.1 need no change: they read RAILS_SERVE_STATIC_FILES, which the Dockerfile sets.
      def serve_static_files
        change "config/environments/production.rb", /^(\s*)config\.public_file_server\.enabled = false$/,
               "\\1# On Lambda, Rails serves static files, because no web server is in front of it.\n" \
               "\\1config.public_file_server.enabled = true"
      end

      # Sets the size of the connection pool to the number of requests that run at once. On Managed Instances, Lambda
      # sets AWS_LAMBDA_MAX_CONCURRENCY to this number.
      def configure_database
        change "config/database.yml", /ENV\.fetch\("RAILS_MAX_THREADS"\) \{ (\d+) \}/,
               'ENV["AWS_LAMBDA_MAX_CONCURRENCY"] || ENV.fetch("RAILS_MAX_THREADS", \1)'
      end

      # Gives staging a copy of production's section in each file that has a section for each environment. Without it,
      # Rails does not start in staging.
      def configure_staging
        return if behavior == :revoke

        %w[database cable cache queue].each do |name|
          file = "config/#{name}.yml"
          text = settings.read(file)
          production = text[/^production:.*(?:\n(?:[ \t].*)?)*/]
          append_to_file file, "\n#{production.strip.gsub("production", "staging")}\n" if production && !text.match?(/^staging:/)
        end
      end

      # Replaces text in a file. Unlike gsub_file, it prints nothing if the file does not change.
      def change(file, pattern, replacement)
        gsub_file file, pattern, replacement if settings.read(file).match?(pattern)
      end
    end
  end
end
