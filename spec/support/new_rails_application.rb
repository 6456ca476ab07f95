# frozen_string_literal: true

require "open3"
require "tmpdir"

# A folder with a Rails application that "rails new" has just made, and with the packaged gem.
class NewRailsApplication
  # @return [String]
  attr_reader :folder, :path, :gem
  # @return [Hash{String => String}] the environment in which Ruby finds the gem
  attr_reader :environment

  # @param gems [Array<String>] names of gems for the Gemfile, in addition to Rails, SQLite, Puma and Lamby
  # @param options [Array<String>] options for "rails new"
  def initialize(*options, gems: [])
    @folder = Dir.mktmpdir
    File.chmod(0o755, @folder) # The application's process runs as another user, who reads the folder.
    @path = "#{@folder}/shop"
    @environment = { "RUBYOPT" => nil }
    install_gem
    run("rails", "new", "shop", "--skip-bundle", "--skip-git", "--skip-javascript", *options, folder: @folder)
    write("Gemfile", "source \"https://rubygems.org\"\n#{["rails", "sqlite3", "puma", "lamby", *gems].map { |name| "gem \"#{name}\"\n" }.join}")
    # Removes settings whose gems are not in the Gemfile.
    Dir["#{@path}/config/environments/*.rb"].each { |file| File.write(file, File.read(file).gsub(/^.*config\.(web_console|file_watcher).*\n/, "")) }
    write("config/routes.rb", <<~RUBY)
      Rails.application.routes.draw do
        root to: ->(_env) { [200, { "content-type" => "text/plain" }, ["\#{Rails.env}, as \#{Process.uid}"]] }
      end
    RUBY
  end

  # @param command [Array<String>]
  # @return [String] the command's output
  # @raise [RuntimeError] if the command fails
  def run(*command, environment: {}, folder: path)
    output, status = Open3.capture2e(@environment.merge(environment), *command, chdir: folder)
    status.success? ? output : raise("#{command.join(" ")}: #{output}")
  end

  # @param file [String]
  # @param text [String]
  def write(file, text)
    File.write("#{path}/#{file}", text)
  end

  # Deletes the folder.
  def remove
    FileUtils.rm_rf(@folder)
  end

  private

  def install_gem
    run("ruby", "-S", "rake", "native", folder: RuntimeProcess::ROOT)
    @gem = Dir["#{RuntimeProcess::ROOT}/pkg/lamby-#{Lamby::VERSION}-*.gem"].fetch(0)
    @environment.merge!("GEM_HOME" => "#{@folder}/gems", "GEM_PATH" => "#{@folder}/gems:#{Gem.path.join(":")}")
    run("ruby", "-S", "gem", "install", "--local", "--no-document", @gem, folder: @folder)
  end
end
