# frozen_string_literal: true

require "yaml"

module Lamby
  module Scaffold
    # The options that the generator was called with. It keeps them in a file, and uses them when it runs again.
    module Choices
      FILE = ".lamby.yml"
      PARTS = %i[docker template bin devcontainer ci rails].freeze
      OPTIONS = %i[name integration auth internal streaming architecture database vpc snapstart alarms canary xray ci].freeze
      KEYS = (OPTIONS + PARTS.map { |part| :"skip_#{part}" }).freeze
      COMMENT = "# The options of `lamby install`. It uses them when it runs again, unless you give other options.\n"
      private_constant :PARTS, :OPTIONS, :COMMENT

      class << self
        # @param root [String] the application's folder
        # @return [Hash{Symbol => Object}] the options in the file; empty if there is no file
        # @raise [Thor::Error] if the file is not YAML, or has an unknown option
        def read(root)
          path = File.join(root, FILE)
          return {} unless File.exist?(path)

          choices = YAML.safe_load(File.read(path, encoding: "UTF-8"))
          raise Thor::Error, "#{FILE} is not a list of options: delete it, or write lines such as \"integration: alb\"" unless choices.is_a?(Hash)

          unknown = choices.keys.map(&:to_s) - KEYS.map(&:to_s)
          raise Thor::Error, "#{FILE} has the unknown option #{unknown.first.inspect}: the options are #{KEYS.join(", ")}" if unknown.any?

          choices.transform_keys(&:to_sym)
        rescue Psych::SyntaxError => e
          raise Thor::Error, "#{FILE} is not YAML: #{e.message}"
        end

        # @param choices [Hash{Symbol => Object}]
        # @return [String] the content of the file
        def dump(choices)
          COMMENT + YAML.dump(choices.slice(*KEYS).transform_keys(&:to_s)).delete_prefix("---\n")
        end
      end
    end
  end
end
