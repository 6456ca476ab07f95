# frozen_string_literal: true

module Lamby
  module Doctor
    # Looks for the files that bin/deploy needs.
    class Files < Check
      PLATFORMS = { "arm64" => "aarch64-linux", "x86_64" => "x86_64-linux" }.freeze
      private_constant :PLATFORMS

      def title = "files"

      private

      def results
        found = [generated, executable, lock_file].compact
        found.any? ? found : ok("#{surroundings.dockerfile}, template.yaml, bin/deploy and Gemfile.lock exist")
      end

      def generated
        missing = [surroundings.dockerfile, "template.yaml", "bin/deploy"].reject { |file| File.file?(file) }
        error("these files are missing: #{missing.join(", ")}", "run \"lamby install\" in the application's folder") if missing.any?
      end

      def executable
        error("bin/deploy is not executable", "run \"chmod +x bin/deploy\"") if File.file?("bin/deploy") && !File.executable?("bin/deploy")
      end

      # Bundler refuses to install gems for a platform that Gemfile.lock does not name.
      def lock_file
        lock = surroundings.read("Gemfile.lock")
        return error("Gemfile.lock is missing", "run \"bundle install\"") if lock.empty?

        platform = PLATFORMS.fetch(surroundings.architecture)
        return if lock[/^PLATFORMS\n((?: +\S+\n)+)/].to_s.match?(/^ +(?:ruby|#{platform}(?:-gnu)?)$/)

        error("Gemfile.lock does not name the image's platform", "run \"bundle lock --add-platform #{platform}\"")
      end
    end
  end
end
