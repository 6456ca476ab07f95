# frozen_string_literal: true

# Replaces the gem aws-sdk-ssm, which Debian does not have. It has only the methods that
# Lamby::SsmParameterStore calls. They follow AWS's reference.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/
module Aws
  module SSM
    module Errors
      class ParameterNotFound < StandardError; end
      class ParameterVersionNotFound < StandardError; end
    end

    class Client
      Parameter = Struct.new(:name, :value, keyword_init: true)
      Answer = Struct.new(:parameters, :parameter, :next_token, keyword_init: true)

      class << self
        # The versions and the labels of the parameters, the names of the recorded calls, and the client's options.
        attr_accessor :versions, :labels, :asked, :options
      end
      self.versions = {}
      self.labels = {}
      self.asked = []

      def initialize(**options)
        self.class.options = options
      end

      def get_parameters_by_path(path:, recursive:, with_decryption:, max_results:, next_token:)
        self.class.asked << :get_parameters_by_path
        raise ArgumentError unless recursive && with_decryption && max_results.between?(1, 10)

        names = self.class.versions.keys.grep(%r{\A#{path}/}).sort
        start = next_token.to_i
        token = (start + max_results).to_s if names.size > start + max_results
        Answer.new(parameters: names[start, max_results].map { |name| parameter(name, -1) }, next_token: token)
      end

      def get_parameters(names:, with_decryption:)
        self.class.asked << :get_parameters
        raise ArgumentError unless with_decryption && names.size.between?(1, 10)

        found = names.filter_map do |selected|
          name, label = selected.split(":")
          version = self.class.labels[[name, label]]
          parameter(name, version) if version
        end
        Answer.new(parameters: found)
      end

      def get_parameter(name:, with_decryption:)
        raise ArgumentError unless with_decryption

        name, label = name.split(":")
        raise Errors::ParameterNotFound unless self.class.versions[name]

        version = label ? self.class.labels[[name, label]] : -1
        raise Errors::ParameterVersionNotFound unless version

        Answer.new(parameter: parameter(name, version))
      end

      private

      def parameter(name, version)
        Parameter.new(name: name, value: self.class.versions[name][version])
      end
    end
  end
end
