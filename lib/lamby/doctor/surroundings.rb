# frozen_string_literal: true

module Lamby
  module Doctor
    # What the checks look at: the application's folder, the programs of this machine, and AWS.
    class Surroundings
      # @return [String] the environment that is deployed, such as "production"
      attr_reader :environment
      # @return [Numeric] seconds that each program may take
      attr_reader :limit
      # @return [Deployment::AwsCli]
      attr_reader :aws

      # @param environment [String]
      # @param stack_name [String, nil] nil if the files of the application name it
      # @param limit [Numeric]
      def initialize(environment:, stack_name: nil, limit: 30)
        @environment = environment
        @stack_name = stack_name
        @limit = limit
        @aws = Deployment::AwsCli.new(limit: limit)
        @signed_in = false
      end

      # Whether AWS accepts the credentials. {Account} finds out.
      attr_writer :signed_in

      # @return [Boolean]
      def signed_in? = @signed_in

      # @param command [Array<String>]
      # @return [Deployment::Program::Result, nil] nil if there is no such program
      def program(*command)
        Deployment::Program.run(*command, limit: limit)
      end

      # @return [String, nil] the stack's name; nil if there is neither bin/deploy nor a given name
      def stack_name
        return @stack_name if @stack_name

        project = Deployment::Project.new
        project.stack_name(environment) if project.name
      end

      # @return [Deployment::Stack, nil]
      def stack
        @stack ||= Deployment::Stack.new(stack_name, aws: aws) if stack_name
      end

      # @return [String, nil] the URL of the deployed application; nil if it is not deployed
      def url
        return @url if defined?(@url)

        @url = (stack.url if signed_in? && stack)
      rescue Deployment::Failure
        @url = nil
      end

      # @return [Application]
      def application
        @application ||= Application.new(self)
      end

      # @param file [String]
      # @return [String] the file's content; empty if there is no such file
      def read(file)
        File.file?(file) ? File.read(file, encoding: "UTF-8").scrub : ""
      end

      # @return [String] the SAM template without its comments
      def template
        @template ||= read("template.yaml").gsub(/^\s*#.*\n/, "")
      end

      # @return [String] name of the Dockerfile
      def dockerfile = template[/^\s+Dockerfile: (\S+)/, 1] || "Dockerfile"

      # @return [String] the function's architecture
      def architecture = template[/Architectures: \[(\w+)\]/, 1] || "x86_64"

      # @return [Boolean] whether this is a Rails application
      def rails? = File.file?("config/application.rb")
    end
  end
end
