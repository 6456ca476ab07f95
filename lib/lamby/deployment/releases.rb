# frozen_string_literal: true

require "time"

module Lamby
  module Deployment
    # The releases of a stack. Each deployment that changes something publishes a version of the function. Requests go to
    # an alias, which names one version.
    class Releases
      # A published version.
      Release = Struct.new(:version, :published_at, :name, :digest, :current, keyword_init: true)

      # @param stack [Stack]
      def initialize(stack)
        @stack = stack
      end

      # @return [Array<Release>] the newest first
      def all
        @all ||= @stack.lambda_call("list-versions-by-function").fetch("Versions")
                       .reject { |version| version["Version"] == "$LATEST" }.map { |version| release(version) }
                       .sort_by { |release| -release.version.to_i }
      end

      # @return [Release] the one that requests go to
      # @raise [Failure] if it was deleted
      def current
        all.find(&:current) or
          raise Failure.new(:failed, "version #{live} of #{@stack.name}, which the alias #{Stack::ALIAS} names, does not exist")
      end

      # Returns the release to go back to.
      #
      # @param version [String, nil] nil for the one before the current release
      # @return [Release]
      # @raise [Failure] if there is no such release, or if it is the current one
      def target(version)
        return previous unless version

        release = all.find { |it| it.version == version }
        raise Failure.new(:failed, "there is no version #{version} of #{@stack.name}: \"lamby releases\" lists the versions") unless release
        raise Failure.new(:failed, "#{@stack.name} runs version #{version} already") if release.current

        release
      end

      # Sends all requests to a release.
      #
      # @param release [Release]
      # @return [void]
      # @raise [Failure] if its image was deleted
      def activate(release)
        check_image(release)
        @stack.lambda_call("update-alias", "--name", Stack::ALIAS, "--function-version", release.version,
                           "--routing-config", "AdditionalVersionWeights={}")
      end

      private

      def live
        @live ||= @stack.lambda_call("get-alias", "--name", Stack::ALIAS).fetch("FunctionVersion")
      end

      def previous
        all.find { |release| release.version.to_i < current.version.to_i } or
          raise Failure.new(:failed, "version #{live} is the oldest one of #{@stack.name}: there is no version to go back to")
      end

      def release(version)
        Release.new(version: version["Version"], published_at: Time.parse(version["LastModified"]), name: version["Description"],
                    digest: version["CodeSha256"], current: version["Version"] == live)
      end

      # Lambda cannot start environments of a version whose image is not in the repository any more.
      def check_image(release)
        image = @stack.lambda_call("get-function", "--qualifier", release.version).dig("Code", "ResolvedImageUri")
        _, repository, digest = *%r{\A[^/]+/([^@]+)@(.+)\z}.match(image)
        return if repository.nil? # The function was not deployed as an image.
        return if @stack.aws.find("ecr", "describe-images", "--repository-name", repository, "--image-ids", "imageDigest=#{digest}")

        raise Failure.new(:failed, "the image of version #{release.version} is not in the repository #{repository} any more: " \
                                   "choose a newer version, or deploy the old code with bin/deploy")
      end
    end
  end
end
