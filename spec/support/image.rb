# frozen_string_literal: true

require "json"
require "open3"
require "tmpdir"

# An image that buildah builds from a Dockerfile, without Docker's engine. The base image, which
# bin/test builds, replaces Ruby's official image.
class Image
  BASE = "localhost/lamby-ruby"
  # The path of Bundler's settings for root, who builds the image.
  BUNDLER_CONFIG = "/root/.bundle/config"
  private_constant :BASE, :BUNDLER_CONFIG

  class << self
    # Checks that specs with the tag :images can run.
    #
    # @raise [LoadError] if the base image is missing
    def check
      Requirements.met?("buildah's image #{BASE}", "images", "bin/test --slow, as root on Debian") do
        system("buildah", "inspect", "--type", "image", BASE, out: File::NULL, err: File::NULL)
      end
    end
  end

  # @param folder [String] the application's folder
  # @param dockerfile [String] path of the Dockerfile in this folder
  # @param bundler_config [String]
  # @raise [RuntimeError] if the image cannot be built
  def initialize(folder, dockerfile:, bundler_config:)
    @name = "localhost/lamby-#{File.basename(Dir.mktmpdir.tap { |it| Dir.rmdir(it) })}"
    config = "#{folder}/../bundler-config"
    File.write(config, bundler_config)
    buildah("build", "--isolation", "chroot", "--network", "host", "--pull-never", "--from", BASE,
            "--volume", "#{File.expand_path(config)}:#{BUNDLER_CONFIG}:ro", "--file", "#{folder}/#{dockerfile}", "--tag", @name, "--format", "docker", folder)
    @config = JSON.parse(buildah("inspect", "--type", "image", @name)).dig("Docker", "config")
    @container = buildah("from", "--pull-never", @name).chomp
  end

  # @return [Array<String>] the image's ENTRYPOINT and CMD, which Lambda runs
  def command
    @config["Entrypoint"] + @config["Cmd"]
  end

  # @param command [Array<String>]
  # @return [String] what the command prints when the image's USER runs it in the image
  def run(*command)
    buildah(*running.drop(1), *command)
  end

  # @param mounts [Hash{String => String}] files to mount, by their path in the image
  # @param environment [Hash{String => String}]
  # @return [Array<String>] the start of a command line; the words that follow it are the command to run in the image
  def running(mounts: {}, environment: {})
    ["buildah", "run", "--isolation", "chroot", "--network", "host", *mounts.flat_map { |there, file| ["--volume", "#{file}:#{there}:ro"] },
     *environment.flat_map { |name, value| ["--env", "#{name}=#{value}"] }, @container, "--"]
  end

  # Deletes the image.
  def remove
    buildah("rm", @container)
    buildah("rmi", @name)
  end

  private

  def buildah(*arguments)
    output, errors, status = Open3.capture3("buildah", *arguments)
    status.success? ? output : raise("buildah #{arguments.join(" ")}: #{output}#{errors}")
  end
end
