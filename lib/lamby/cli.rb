# frozen_string_literal: true

require "did_you_mean"

module Lamby
  # The command line program `lamby`.
  module CLI
    autoload :Browser, "lamby/cli/browser"
    autoload :Completion, "lamby/cli/completion"
    autoload :CompletionCommand, "lamby/cli/completion_command"
    autoload :ConsoleCommand, "lamby/cli/console_command"
    autoload :ConsoleInput, "lamby/cli/console_input"
    autoload :DeleteCommand, "lamby/cli/delete_command"
    autoload :DoctorCommand, "lamby/cli/doctor_command"
    autoload :ErrorRecorder, "lamby/cli/error_recorder"
    autoload :ErrorSummary, "lamby/cli/error_summary"
    autoload :FunctionError, "lamby/cli/function_error"
    autoload :InstallCommand, "lamby/cli/install_command"
    autoload :Invocation, "lamby/cli/invocation"
    autoload :InvocationReport, "lamby/cli/invocation_report"
    autoload :InvokeCommand, "lamby/cli/invoke_command"
    autoload :LogExcerpt, "lamby/cli/log_excerpt"
    autoload :LogRecord, "lamby/cli/log_record"
    autoload :LogsCommand, "lamby/cli/logs_command"
    autoload :NewCommand, "lamby/cli/new_command"
    autoload :OpenCommand, "lamby/cli/open_command"
    autoload :OptionError, "lamby/cli/option_error"
    autoload :ReleasesCommand, "lamby/cli/releases_command"
    autoload :RemoteInvocations, "lamby/cli/remote_invocations"
    autoload :RollbackCommand, "lamby/cli/rollback_command"
    autoload :RunCommand, "lamby/cli/run_command"
    autoload :RuntimeCommand, "lamby/cli/runtime_command"
    autoload :ServeCommand, "lamby/cli/serve_command"
    autoload :StackCommand, "lamby/cli/stack_command"
    autoload :StatusCommand, "lamby/cli/status_command"
    autoload :Terminal, "lamby/cli/terminal"

    # Raised when the command line is wrong, or when something that the command needs is missing, such as an application
    # in the current folder.
    class UsageError < StandardError; end

    # The class of each command, and what the command does, in groups.
    GROUPS = {
      "This application, on this machine" => {
        "new" => [:NewCommand, "create a new Rails application that is ready to deploy"],
        "install" => [:InstallCommand, "add the files that a deployment needs: Dockerfile, template, bin/deploy, CI"],
        "invoke" => [:InvokeCommand, "run this application for one event, or invoke the deployed function"],
        "serve" => [:ServeCommand, "run this application on a local Lambda, behind an HTTP server"],
        "doctor" => [:DoctorCommand, "check what a deployment needs: tools, permissions, the application"]
      },
      "The deployed application" => {
        "status" => [:StatusCommand, "show what is deployed, and what went wrong in the last hour"],
        "logs" => [:LogsCommand, "print the function's log"],
        "open" => [:OpenCommand, "open the application's URL in a browser"],
        "run" => [:RunCommand, "run a command in the deployed function, such as a migration"],
        "console" => [:ConsoleCommand, "evaluate Ruby code in the deployed function"],
        "releases" => [:ReleasesCommand, "list what was deployed"],
        "rollback" => [:RollbackCommand, "send all requests to an earlier release"],
        "delete" => [:DeleteCommand, "delete what bin/deploy has deployed"]
      },
      "For Lambda and for the shell" => {
        "runtime" => [:RuntimeCommand, "run this application on Lambda, as the entry point of a container image"],
        "completion" => [:CompletionCommand, "print the script with which bash, zsh or fish completes the arguments of this command"]
      }
    }.freeze

    # The class of each command, and what the command does.
    COMMANDS = GROUPS.values.reduce(:merge).freeze

    USAGE = <<~TEXT
      Usage: lamby COMMAND [options]

      #{GROUPS.map do |title, commands|
        "#{title}:\n#{commands.map { |name, (_class, description)| "  #{name.ljust(10)}  #{description}\n" }.join}\n"
      end.join}"lamby COMMAND --help" or "lamby help COMMAND" shows a command's options. "lamby --version" shows Lamby's
      version.
    TEXT
    private_constant :GROUPS, :USAGE

    # Runs a command.
    #
    # @param arguments [Array<String>] the command line, without the program's name
    # @param out [IO] receives the results
    # @param err [IO] receives the message of a {UsageError} or of a {Deployment::Failure}
    # @return [Integer] exit status: 0 for success, 1 if the command failed, 2 for a {UsageError}; for others see
    #   {Deployment::Failure::STATUSES}
    def self.run(arguments, out: $stdout, err: $stderr)
      name, *rest = arguments
      name, *rest = [rest.first, "--help", *rest.drop(1)] if name == "help" && rest.any?
      return const_get(COMMANDS[name].first).new(rest, out: out).call if COMMANDS.key?(name)

      raise UsageError, wrong(name) unless [nil, "help", "--help", "-h", "--version", "-v"].include?(name)
      raise UsageError, "unexpected argument #{rest.first.inspect} after #{name}" if rest.any?

      out.puts(%w[--version -v].include?(name) ? "lamby #{VERSION}" : USAGE)
      0
    rescue Deployment::Failure => e
      err.puts "lamby: #{e.message}"
      e.status
    rescue UsageError => e
      err.puts "lamby: #{e.message}", "Try \"lamby #{"#{name} " if COMMANDS.key?(name)}--help\"."
      2
    end

    # Returns the message about a first argument that is not a command.
    def self.wrong(name)
      return "there is no option #{name}" if name.start_with?("-")

      similar = DidYouMean::SpellChecker.new(dictionary: COMMANDS.keys).correct(name).first
      return "there is no command #{name.inspect}; did you mean #{similar}?" if similar

      *names, last = COMMANDS.keys
      "there is no command #{name.inspect}: the commands are #{names.join(", ")} and #{last}"
    end
    private_class_method :wrong
  end
end
