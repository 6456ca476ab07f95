# frozen_string_literal: true

module Lamby
  module Doctor
    # Checks that Docker runs, and that it can build for the function's processor.
    class Docker < Check
      INSTALL = "https://docs.docker.com/get-docker/"
      # For each name of an architecture in the template, Docker's name and the other name.
      ARCHITECTURES = { "arm64" => %w[arm64 x86_64], "x86_64" => %w[amd64 arm64] }.freeze
      private_constant :INSTALL, :ARCHITECTURES

      def title = "Docker"

      private

      def results
        version = program("docker", "--version")
        return missing unless version

        info = program("docker", "info")
        return error("#{too_slow("docker info")}; the Docker daemon does not respond", "start Docker again") unless info.in_time
        return error("Docker is installed, but the Docker daemon is not running", "start Docker") unless info.success?

        [ok(version.output.strip.delete_prefix("Docker version ")), platform]
      end

      def missing
        others = %w[podman buildah].select { |name| program(name, "--version")&.success? }
        found = " (bin/deploy does not use #{others.join(" and ")})" if others.any?
        error("Docker is missing; bin/deploy builds the image with it#{found}", "install it: #{INSTALL}; or deploy from CI")
      end

      def platform
        wanted, other = ARCHITECTURES.fetch(surroundings.architecture)
        here = program("docker", "version", "--format", "{{.Server.Arch}}").output.strip
        return if here.empty? || here == wanted || program("docker", "buildx", "inspect").output.include?("linux/#{wanted}")

        error("Docker builds images for #{here} here, and the function needs #{wanted}",
              "install an emulator with \"docker run --privileged --rm tonistiigi/binfmt --install #{wanted}\", " \
              "or run \"lamby install --architecture #{other}\", or deploy from CI")
      end
    end
  end
end
