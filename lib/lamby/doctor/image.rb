# frozen_string_literal: true

module Lamby
  module Doctor
    # Compares the size of the image that was last built on this machine with Lambda's limit.
    class Image < Check
      # The maximum size of an image in bytes: 10 GB, uncompressed and with all layers.
      # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      MAXIMUM = 10_000_000_000
      private_constant :MAXIMUM

      def title = "image"

      private

      def results
        name = image or return
        result = inspect_image(name)
        return skipped("#{name} is not on this machine; bin/deploy builds it") unless result

        size = result.output.to_i
        message = format("%<name>s has %<size>.2f GB", name: name, size: size / 1e9)
        return ok("#{message}; Lambda accepts 10 GB") if size <= MAXIMUM

        error("#{message}, and Lambda accepts 10 GB",
              "remove gems, Debian packages and files from the image: \"docker history #{name}\" shows the layers")
      end

      def inspect_image(name)
        results = %w[docker podman].lazy.filter_map { |engine| program(engine, "image", "inspect", "--format", "{{.Size}}", name) }
        results.find(&:success?)
      end

      # SAM names the image by the function's name in the template.
      # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build.html
      def image
        tag = surroundings.template[/^\s+DockerTag: (\S+)/, 1]
        "function:#{tag}" if tag
      end
    end
  end
end
