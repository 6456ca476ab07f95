# frozen_string_literal: true

module Lamby
  module Scaffold
    # Settings of the generated files. They come from the options, or else from the files in the application's folder.
    class Settings
      INTEGRATIONS = %w[function_url http_api rest_api alb].freeze
      # Integrations that can stream a response.
      STREAMING = %w[function_url rest_api].freeze
      # Who can call a Function URL: everybody, or only AWS identities that have the permission.
      AUTHS = %w[none iam].freeze
      ARCHITECTURES = %w[arm64 x86_64].freeze
      DATABASES = %w[none sqlite mysql postgresql].freeze
      CI = %w[github circleci both none].freeze
      # The values of each option that has a list of them.
      VALUES = { integration: INTEGRATIONS, auth: AUTHS, architecture: ARCHITECTURES, database: DATABASES, ci: CI }.freeze
      # The database that each adapter's gem connects to. SQLite comes last, because many applications use it only for
      # development.
      ADAPTERS = { "pg" => "postgresql", "mysql2" => "mysql", "trilogy" => "mysql", "sqlite3" => "sqlite" }.freeze
      # Files that name the application's Ruby version, in order of precedence.
      RUBY_VERSIONS = {
        ".ruby-version" => /(\d+\.\d+(\.\d+)?)/, ".tool-versions" => /^ruby\s+(\d+\.\d+(\.\d+)?)/,
        "Gemfile" => /^\s*ruby\s+["'](?:~>\s*)?(\d+\.\d+(\.\d+)?)/, "Gemfile.lock" => /^RUBY VERSION\n\s+ruby (\d+\.\d+\.\d+)/
      }.freeze
      # Ruby version of the image if no file names one.
      RUBY = "3.4"
      # Node version of the image if no file names one.
      NODE = "22"
      # For each lock file, the command that installs its packages. Node's image contains npm and Yarn 1. An application
      # that uses a newer Yarn keeps that Yarn in its own folder.
      NODE_INSTALLS = {
        "yarn.lock" => "yarn install --frozen-lockfile", "package-lock.json" => "npm ci",
        "pnpm-lock.yaml" => "npm install --global pnpm && pnpm install --frozen-lockfile",
        "bun.lock" => "npm install --global bun && bun install --frozen-lockfile",
        "bun.lockb" => "npm install --global bun && bun install --frozen-lockfile"
      }.freeze
      # Lines of .dockerignore. A secret in an image can be read by everybody who can pull the image. `**` matches any
      # folder, also the application's own.
      SECRET_FILES = %w[**/.env* **/*.sqlite3* config/*.key config/credentials/*.key .aws].freeze
      private_constant :VALUES, :ADAPTERS, :RUBY_VERSIONS, :RUBY, :NODE, :NODE_INSTALLS

      # @param options [Hash{Symbol, String => Object}] options of the command line
      # @param root [String] the application's folder
      # @raise [Thor::Error] if one option does not support what another one asks for
      # @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
      def initialize(options, root)
        @options = options.to_h.transform_keys(&:to_sym)
        @root = root
        check_values
        check_access
        check_streaming if streaming?
        check_alarms if canary?
      end

      # @return [String] the first part of the names of stacks and image repositories: letters, digits and hyphens
      def name
        @name ||= begin
          name = (@options[:name] || File.basename(@root)).downcase.gsub(/[^a-z0-9]+/, "-").gsub(/\A[^a-z]+|-+\z/, "")[0, 40]
          name.empty? ? "app" : name
        end
      end

      # Returns the function's logical id in template.yaml. With another id, CloudFormation would make another function,
      # with another URL. So a stack of lamby 6 keeps its id.
      #
      # @return [String]
      def function = read("template.yaml").match?(/^  RailsLambda:\n    Type: AWS::Serverless::Function$/) ? "RailsLambda" : "Function"

      # @return [String] one of {INTEGRATIONS}
      def integration = @options[:integration] || INTEGRATIONS.first

      # @return [Boolean] whether only AWS identities can call the Function URL
      def iam? = @options[:auth] == "iam"

      # @return [Boolean] whether the load balancer accepts clients of the network only
      def internal? = @options[:internal] ? true : false

      # @return [String] name of the parameter with the load balancer's subnets
      def balancer_subnets = internal? ? "PrivateSubnetIds" : "PublicSubnetIds"

      # @return [Boolean] whether responses are streamed
      def streaming? = @options[:streaming] ? true : false

      # @return [Boolean] whether Lambda starts new environments from a SnapStart snapshot
      def snapstart? = @options[:snapstart] ? true : false

      # @return [Boolean] whether the stack has alarms. A gradual deployment needs them
      def alarms? = @options[:alarms] || canary? ? true : false

      # @return [Boolean] whether a new version first gets a tenth of the requests
      def canary? = @options[:canary] ? true : false

      # @return [Boolean] whether Lambda sends traces to X-Ray
      def xray? = @options[:xray] ? true : false

      # @return [String] one of {ARCHITECTURES}
      def architecture = @options[:architecture] || ARCHITECTURES.first

      # @return [String] the image's platform as Docker names it
      def platform = architecture == "arm64" ? "linux/arm64" : "linux/amd64"

      # @return [String] the image's platform as RubyGems names it
      def gem_platform = architecture == "arm64" ? "aarch64-linux" : "x86_64-linux"

      # Returns whether Gemfile.lock names the image's platform. Bundler refuses to install gems for a platform that the
      # lock file does not name. The platform `ruby` stands for all platforms.
      #
      # @return [Boolean]
      def locked?
        read("Gemfile.lock")[/^PLATFORMS\n((?: +\S+\n)+)/].to_s.match?(/^ +(?:ruby|#{gem_platform}(?:-gnu)?)$/)
      end

      # @return [String] one of {DATABASES}
      def database
        @database ||= @options[:database] || ADAPTERS.find { |gem, _| gem?(gem) }&.last || "none"
      end

      # @return [Boolean] whether the application uses a database server
      def database? = %w[mysql postgresql].include?(database)

      # @return [Boolean] whether the function can be connected to a private network
      def vpc? = @options[:vpc].nil? ? database? : @options[:vpc]

      # Returns whether bin/deploy puts a SQLite file into the image, which the function can only read.
      #
      # @return [Boolean]
      def sqlite? = rails? && database == "sqlite"

      # @param environment [String] such as "production"
      # @return [String] path of this environment's SQLite file. Rails 7.1 and later keep it in the folder `storage`
      def sqlite_file(environment)
        folder = read("config/database.yml")[%r{^\s+database: (\w+)/production\.sqlite3$}, 1] || "storage"
        "#{folder}/#{environment}.sqlite3"
      end

      # @return [Array<String>] lines of .dockerignore with which the image contains the SQLite files
      def sqlite_exceptions = sqlite? ? %w[production staging].map { |environment| "!#{sqlite_file(environment)}" } : []

      # @return [String, nil] name of the gem that connects to the database server, if the bundle does not contain it
      def missing_gem
        return if !database? || ADAPTERS.any? { |gem, database| database == self.database && gem?(gem) }

        ADAPTERS.key(database)
      end

      # @param service [String] one of {CI}
      # @return [Boolean] whether this service runs the tests and deploys
      def ci?(service)
        ["both", service].include?(@options[:ci] || CI.first)
      end

      # @return [Boolean] whether this is a Rails application
      def rails? = exist?("config/application.rb")

      # @return [Array<String>] names of the files that an application must have, and that are missing in the folder
      def missing_files
        files = rails? || exist?("config/environment.rb") ? %w[Gemfile] : %w[Gemfile config.ru]
        files.reject { |file| exist?(file) }
      end

      # @return [String] Ruby version of the image, such as "3.4"
      def ruby_version
        RUBY_VERSIONS.filter_map { |file, version| read(file)[version, 1] }.first || RUBY
      end

      # Returns the files that `bundle install` needs in the image. If the Gemfile refers to gems or other Gemfiles in
      # the folder, returns the whole folder (`.`).
      #
      # @return [String] paths, with spaces between them
      def bundle_files
        gemfile = read("Gemfile")
        return "." if gemfile.match?(/^\s*gemspec\b|\bpath:|:path\s*=>|^\s*(?:path|eval_gemfile)\b/)

        ["Gemfile", "Gemfile.lock", *gemfile[/^\s*ruby\s+file:\s*["']([^"']+)/, 1]].join(" ")
      end

      # @param name [String] a gem's name
      # @return [Boolean] whether the bundle contains this gem
      def gem?(name)
        read("Gemfile.lock").match?(/^ {4}#{Regexp.escape(name)} /) || in_gemfile?(name)
      end

      # Returns whether the build of the image precompiles assets. Rails 6.1 and earlier depend on sprockets-rails, so
      # the lock file names it even if the application does not load it, as with `rails new --api`.
      #
      # @return [Boolean]
      def assets?
        return false unless rails?

        %w[sprockets-rails propshaft].any? { |name| in_gemfile?(name) } ||
          (gem?("sprockets-rails") && read("config/application.rb").match?(%r{^\s*require ["'](?:rails/all|sprockets/railtie)["']}))
      end

      # @return [String, nil] the command that installs the packages of package.json. The lock file decides which one
      def node_install
        return unless assets? && exist?("package.json")

        NODE_INSTALLS.find { |file, _| exist?(file) }&.last || "npm install"
      end

      # @return [String] version of Node that precompiles the assets, such as "22"
      def node_version
        [".node-version", ".nvmrc", ".tool-versions"].filter_map { |file| read(file)[/^(?:nodejs\s+)?v?(\d+)/, 1] }.first || NODE
      end

      # Returns the name of Lamby's Dockerfile. Lamby does not replace a Dockerfile that it has not generated, such as
      # the one that Rails generates for a web server.
      #
      # @return [String]
      def dockerfile
        other?("Dockerfile", /lamby runtime|"lamby", "runtime"/) ? "Dockerfile.lambda" : "Dockerfile"
      end

      # @param file [String]
      # @param mark [Regexp] matches a text that Lamby writes into each file of this kind
      # @return [Boolean] whether this file exists and does not come from Lamby
      def other?(file, mark)
        !read(file).empty? && !read(file).match?(mark)
      end

      # @return [String] the environment variable that names Rails' or Rack's environment
      def environment_variable = rails? ? "RAILS_ENV" : "RACK_ENV"

      # Returns the command that runs the application's tests. If it finds none, returns a command that sends one request
      # to the application, which fails if the application does not load.
      #
      # @return [String]
      def test_command
        return "bundle exec rspec" if exist?("spec") && gem?("rspec-core")
        return "bin/rails test" if rails?

        exist?("Rakefile") ? "bundle exec rake" : "bundle exec lamby invoke --path /"
      end

      # @return [Array<String>] Debian packages that are needed to compile gems
      def build_packages
        libraries = { "mysql" => ["default-libmysqlclient-dev"], "postgresql" => ["libpq-dev"] }.fetch(database, [])
        %w[build-essential git libyaml-dev pkg-config] + libraries
      end

      # @return [Array<String>] Debian packages that the application needs at run time
      def packages
        databases = { "mysql" => ["libmariadb3"], "postgresql" => ["libpq5"] }
        ["libjemalloc2", *databases[database], *("libvips" if gem?("ruby-vips"))]
      end

      # @return [String, nil] the variable that sets how many slots the heap has at the start. Ruby 3.3 and later have
      #   one variable for each size of slot instead, so the result is nil
      def heap_slots
        "RUBY_GC_HEAP_INIT_SLOTS" if Gem::Version.new(ruby_version) < Gem::Version.new("3.3")
      end

      # @param file [String] a path in the application's folder
      # @return [Boolean] whether it exists
      def exist?(file) = File.exist?("#{@root}/#{file}")

      # @param file [String] a path in the application's folder
      # @return [String] its content; empty if it does not exist
      def read(file) = exist?(file) ? File.read("#{@root}/#{file}", encoding: "UTF-8", universal_newline: true) : ""

      private

      # Thor accepts an option without its value, and .lamby.yml may have another value.
      def check_values
        VALUES.each do |option, values|
          value = @options[option]
          next if value.nil? || values.include?(value)

          raise Thor::Error, "--#{option} is #{value.inspect}, and has to be one of #{values.join(", ")}"
        end
      end

      def check_access
        raise Thor::Error, "--auth iam is for a Function URL, not for --integration #{integration}: add --auth none" if iam? && integration != "function_url"
        raise Thor::Error, "--internal is for a load balancer: add --integration alb or --no-internal" if internal? && integration != "alb"
      end

      def check_streaming
        unless STREAMING.include?(integration)
          raise Thor::Error, "--integration #{integration} cannot stream responses: add --no-streaming, " \
                             "or choose one of #{STREAMING.join(", ")}"
        end
        return unless vpc? && integration == "function_url"

        raise Thor::Error, "the Function URL of a function in a private network cannot stream responses: choose " \
                           "--integration rest_api, or --no-vpc if the function reaches the database #{database} over the internet"
      end

      def check_alarms
        return unless @options[:alarms] == false

        raise Thor::Error, "--canary needs alarms, at which AWS goes back to the old version: add --alarms or --no-canary"
      end

      def in_gemfile?(name) = read("Gemfile").match?(/^\s*gem\s+["']#{Regexp.escape(name)}["']/)
    end
  end
end
