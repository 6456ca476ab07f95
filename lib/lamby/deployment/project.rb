# frozen_string_literal: true

module Lamby
  module Deployment
    # What the files of `lamby install` say about the deployment of the application in a folder.
    class Project
      DEPLOY = "bin/deploy"
      TEMPLATE = "template.yaml"
      # The environment if none is named. It is the one that bin/deploy deploys to.
      ENVIRONMENT = "production"
      private_constant :DEPLOY, :TEMPLATE

      # @param folder [String]
      def initialize(folder = Dir.pwd)
        @folder = folder
      end

      # @return [String, nil] the application's name, with which the names of its stacks begin; nil without bin/deploy
      def name
        read(DEPLOY)[/^name="([^"]+)"/, 1]
      end

      # @return [Array<String>] the environments that the template allows; empty if it does not say
      def environments
        read(TEMPLATE)[/^  Environment:\n(?:    .*\n)*?    AllowedValues: \[([^\]]+)\]/, 1].to_s.split(",").map(&:strip)
      end

      # @param environment [String]
      # @return [String] the name of the environment's stack
      # @raise [CLI::UsageError] if there is no bin/deploy, or no such environment
      def stack_name(environment)
        unless name
          raise CLI::UsageError, "there is no #{DEPLOY} in this folder: go to the application's folder, or name the stack with --stack. " \
                                 "\"lamby install\" writes #{DEPLOY}"
        end
        return "#{name}-#{environment}" if environments.empty? || environments.include?(environment)

        raise CLI::UsageError, "there is no environment #{environment.inspect}: #{TEMPLATE} allows #{environments.join(" and ")}"
      end

      private

      def read(file)
        path = File.join(@folder, file)
        File.file?(path) ? File.read(path, encoding: "UTF-8").scrub : ""
      end
    end
  end
end
