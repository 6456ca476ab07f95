# frozen_string_literal: true

require "open3"

# The tools that check the output of `lamby install`. bin/test fetches them.
module Linters
  FOLDERS = { "sam" => "sam", "cfn-lint" => "sam", "hadolint" => "sam", "check-jsonschema" => "schemas", "zizmor" => "schemas", "aws" => "aws", "moto_server" => "aws" }.freeze
  private_constant :FOLDERS

  class << self
    # Checks that specs with the tag :linters can run.
    #
    # @raise [LoadError] if the tools are missing
    def check
      Requirements.met?("the folder of linters and AWS's tools", "linters", "bin/test --slow") { File.exist?("#{folder}/complete") }
    end

    # @param tool [String]
    # @return [String] path of the tool's program
    def path(tool)
      FOLDERS.key?(tool) ? "#{folder}/#{FOLDERS[tool]}/bin/#{tool}" : "#{folder}/node/node_modules/.bin/#{tool}"
    end

    # @param command [Array<String>] a tool, and its arguments
    # @return [String] the tool's output; empty if it finds nothing wrong
    def complaints(tool, *arguments, environment: {})
      program = tool == "shellcheck" ? tool : path(tool)
      output, status = Open3.capture2e({ "SAM_CLI_TELEMETRY" => "0", "AWS_DEFAULT_REGION" => "us-east-1" }.merge(environment), program, *arguments)
      status.success? ? "" : "#{tool} #{arguments.join(" ")}: #{output}"
    end

    private

    def folder
      "#{ENV.fetch("XDG_CACHE_HOME") { File.join(Dir.home, ".cache") }}/lamby/linters"
    end
  end
end
