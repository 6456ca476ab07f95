# frozen_string_literal: true

module Lamby
  # The command line program `lamby`.
  module CLI
    autoload :ErrorRecorder, "lamby/cli/error_recorder"
    autoload :ErrorSummary, "lamby/cli/error_summary"
    autoload :InstallCommand, "lamby/cli/install_command"
    autoload :Invocation, "lamby/cli/invocation"
    autoload :InvocationReport, "lamby/cli/invocation_report"
    autoload :InvokeCommand, "lamby/cli/invoke_command"
    autoload :LogExcerpt, "lamby/cli/log_excerpt"
    autoload :NewCommand, "lamby/cli/new_command"
    autoload :RuntimeCommand, "lamby/cli/runtime_command"

    # Raised when the command line is wrong, or when something that the command needs is missing, such as an application
    # in the current folder.
    class UsageError < StandardError; end

    USAGE = <<~TEXT
      Usage: lamby COMMAND [options]

        new       create a new Rails application that is ready to deploy
        install   add the files that this application needs for a deployment: Dockerfile, template, bin/deploy, CI
        invoke    run this application for one event, without AWS
        runtime   run this application on Lambda, as the entry point of a container image

      "lamby COMMAND --help" shows a command's options. "lamby --version" shows Lamby's version.
    TEXT
    private_constant :USAGE

    # Runs a command.
    #
    # @param arguments [Array<String>] the command line, without the program's name
    # @param out [IO] receives the results
    # @param err [IO] receives the message of a {UsageError}
    # @return [Integer] exit status: 0 for success, 1 if the command failed, 2 for a {UsageError}
    def self.run(arguments, out: $stdout, err: $stderr)
      command, *rest = arguments
      case command
      when "new" then NewCommand.new(rest, out: out).call
      when "install" then InstallCommand.new(rest, out: out).call
      when "invoke" then InvokeCommand.new(rest, out: out).call
      when "runtime" then RuntimeCommand.new(rest, out: out).call
      when "--version", "-v" then out.puts("lamby #{VERSION}") || 0
      when nil, "help", "--help", "-h" then out.puts(USAGE) || 0
      else raise UsageError, "there is no command #{command.inspect}: the commands are new, install, invoke and runtime"
      end
    rescue UsageError => e
      err.puts "lamby: #{e.message}", "Try \"lamby #{"#{command} " if %w[new install invoke runtime].include?(command)}--help\"."
      2
    end
  end
end
