# frozen_string_literal: true

module Lamby
  # The command `lamby`.
  module CLI
    autoload :Install, "lamby/cli/install"
    autoload :Invoke, "lamby/cli/invoke"
    autoload :New, "lamby/cli/new"
    autoload :Report, "lamby/cli/report"
    autoload :Runtime, "lamby/cli/runtime"

    # What is wrong with a command line, or with the folder that it is run in.
    class UsageError < StandardError; end

    USAGE = <<~TEXT
      Usage: lamby COMMAND [options]

        new       make a new Rails application, ready to be deployed
        install   write what this application needs to be deployed: Dockerfile, template, bin/deploy, CI
        invoke    answer an event with the application in this folder, without AWS
        runtime   answer Lambda's invocations: the entry point of a container image

      "lamby COMMAND --help" says more; "lamby --version" says which Lamby this is.
    TEXT
    private_constant :USAGE

    # @param arguments [Array<String>] of the command line
    # @return [Integer] status to exit with: 0, 1 where the invocation failed, 2 for misuse
    def self.run(arguments, out: $stdout, err: $stderr)
      command, *rest = arguments
      case command
      when "new" then New.new(rest, out: out).call
      when "install" then Install.new(rest, out: out).call
      when "invoke" then Invoke.new(rest, out: out).call
      when "runtime" then Runtime.new(rest, out: out).call
      when "--version", "-v" then out.puts("lamby #{VERSION}") || 0
      when nil, "help", "--help", "-h" then out.puts(USAGE) || 0
      else raise UsageError, "there is no command #{command.inspect}"
      end
    rescue UsageError => e
      err.puts "lamby: #{e.message}", "Try \"lamby #{"#{command} " if %w[new install invoke runtime].include?(command)}--help\"."
      2
    end
  end
end
