# frozen_string_literal: true

module Lamby
  module Install
    # What is to be deployed, and how: what was asked for, and what the application's folder says
    # where nothing was.
    class Choices
      INTEGRATIONS = %w[function_url http_api rest_api alb].freeze
      # Those that take a response piece by piece.
      STREAMING = %w[function_url rest_api].freeze
      ARCHITECTURES = %w[arm64 x86_64].freeze
      DATABASES = %w[none mysql postgresql].freeze
      CI = %w[github circleci both none].freeze
      # Adapters by what their gems are called.
      ADAPTERS = { "pg" => "postgresql", "mysql2" => "mysql", "trilogy" => "mysql" }.freeze
      # Where an application says what Ruby it runs on.
      RUBY_VERSIONS = {
        ".ruby-version" => /(\d+\.\d+(\.\d+)?)/, ".tool-versions" => /^ruby\s+(\d+\.\d+(\.\d+)?)/,
        "Gemfile" => /^\s*ruby\s+["'](?:~>\s*)?(\d+\.\d+(\.\d+)?)/, "Gemfile.lock" => /^RUBY VERSION\n\s+ruby (\d+\.\d+\.\d+)/
      }.freeze
      # Ruby of the image where it says nothing.
      RUBY = "3.4"
      # Node's of the image where none of its own files names one.
      NODE = "22"
      # Node's image has npm and Yarn 1; newer ones of Yarn are in the application's folder.
      NODE_INSTALLS = {
        "yarn.lock" => "yarn install --frozen-lockfile", "package-lock.json" => "npm ci",
        "pnpm-lock.yaml" => "npm install --global pnpm && pnpm install --frozen-lockfile",
        "bun.lock" => "npm install --global bun && bun install --frozen-lockfile",
        "bun.lockb" => "npm install --global bun && bun install --frozen-lockfile"
      }.freeze
      private_constant :ADAPTERS, :RUBY_VERSIONS, :RUBY, :NODE, :NODE_INSTALLS

      # @param options [Hash{Symbol, String => Object}] of the command line
      # @param root [String] the application's folder
      # @raise [Thor::Error] where two do not go together
      def initialize(options, root)
        @options = options.to_h.transform_keys(&:to_sym)
        @root = root
        return if !streaming? || STREAMING.include?(integration)

        raise Thor::Error, "#{integration} takes no streamed response: leave --streaming out, or choose one of #{STREAMING.join(", ")}"
      end

      # @return [String] of the stack, the function, and the repository of images: letters, digits and hyphens
      def name
        @name ||= begin
          name = (@options[:name] || File.basename(@root)).downcase.gsub(/[^a-z0-9]+/, "-").gsub(/\A[^a-z]+|-+\z/, "")[0, 40]
          name.empty? ? "app" : name
        end
      end

      # @return [String] one of {INTEGRATIONS}
      def integration = @options[:integration] || INTEGRATIONS.first

      # @return [Boolean]
      def streaming? = @options[:streaming] ? true : false

      # @return [String] one of {ARCHITECTURES}
      def architecture = @options[:architecture] || ARCHITECTURES.first

      # @return [String] as Docker names it
      def platform = architecture == "arm64" ? "linux/arm64" : "linux/amd64"

      # @return [String] as RubyGems names it
      def gem_platform = architecture == "arm64" ? "aarch64-linux" : "x86_64-linux"

      # Bundler installs nothing in the image for a platform that the lock file does not name.
      # `ruby` stands for all.
      #
      # @return [Boolean] whether it names that of the image
      def locked?
        read("Gemfile.lock")[/^PLATFORMS\n((?: +\S+\n)+)/].to_s.match?(/^ +(?:ruby|#{gem_platform}(?:-gnu)?)$/)
      end

      # @return [String] one of {DATABASES}
      def database
        @database ||= @options[:database] || ADAPTERS.find { |gem, _| gem?(gem) }&.last || "none"
      end

      # @return [Boolean]
      def database? = database != "none"

      # @param service [String]
      # @return [Boolean] whether it is to run the tests and deploy
      def ci?(service)
        ["both", service].include?(@options[:ci] || CI.first)
      end

      # @return [Boolean] whether the application is one of Rails
      def rails? = exist?("config/application.rb")

      # @return [String] of the image, such as "3.4"
      def ruby_version
        RUBY_VERSIONS.filter_map { |file, version| read(file)[version, 1] }.first || RUBY
      end

      # @return [String] what Bundler has to see in the image: the folder, where gems are in there
      def bundle_files
        gemfile = read("Gemfile")
        return "." if gemfile.match?(/^\s*gemspec\b|\bpath:|:path\s*=>|^\s*(?:path|eval_gemfile)\b/)

        ["Gemfile", "Gemfile.lock", *gemfile[/^\s*ruby\s+file:\s*["']([^"']+)/, 1]].join(" ")
      end

      # @param name [String]
      # @return [Boolean] whether the Gemfile has it, or what it asks for has
      def gem?(name)
        read("Gemfile.lock").match?(/^ {4}#{Regexp.escape(name)} /) || read("Gemfile").match?(/^\s*gem\s+["']#{Regexp.escape(name)}["']/)
      end

      # @return [Boolean] whether there are assets to be made before the image is
      def assets? = rails? && (gem?("sprockets-rails") || gem?("propshaft"))

      # @return [String, nil] how the packages of package.json are installed, by the lock file that there is
      def node_install
        return unless assets? && exist?("package.json")

        NODE_INSTALLS.find { |file, _| exist?(file) }&.last || "npm install"
      end

      # @return [String] of the image that assets are made with, such as "22"
      def node_version
        [".node-version", ".nvmrc", ".tool-versions"].filter_map { |file| read(file)[/^(?:nodejs\s+)?v?(\d+)/, 1] }.first || NODE
      end

      # Rails makes a Dockerfile of its own, for a server: that stays.
      #
      # @return [String] the Dockerfile's name
      def dockerfile
        other?("Dockerfile", /lamby runtime|"lamby", "runtime"/) ? "Dockerfile.lambda" : "Dockerfile"
      end

      # @param file [String]
      # @param mark [Regexp] what it has in it where it was made here
      # @return [Boolean] whether there is such a file, from elsewhere
      def other?(file, mark)
        !read(file).empty? && !read(file).match?(mark)
      end

      # @return [String] the variable that names the environment
      def environment_variable = rails? ? "RAILS_ENV" : "RACK_ENV"

      # @return [Array<String>] Debian's packages that gems are compiled with
      def build_packages
        libraries = { "mysql" => ["default-libmysqlclient-dev"], "postgresql" => ["libpq-dev"] }.fetch(database, [])
        %w[build-essential git libyaml-dev pkg-config] + libraries
      end

      # @return [Array<String>] Debian's packages that the application runs with
      def packages
        { "mysql" => ["libmariadb3"], "postgresql" => ["libpq5"] }.fetch(database, []) + (gem?("ruby-vips") ? ["libvips"] : [])
      end

      # @param file [String]
      # @return [Boolean]
      def exist?(file) = File.exist?("#{@root}/#{file}")

      # @param file [String]
      # @return [String] what it has in it; nothing where it is not there
      def read(file) = exist?(file) ? File.read("#{@root}/#{file}", encoding: "UTF-8", universal_newline: true) : ""
    end
  end
end
