# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby completion`: prints the script with which a shell completes this command's arguments.
    class CompletionCommand
      HELP = <<~TEXT
        Usage: lamby completion SHELL

        Prints the script with which a shell completes the commands and options of lamby when you press
        Tab. SHELL is bash, zsh or fish. To install the script:

        bash:
            mkdir -p ~/.local/share/bash-completion/completions
            lamby completion bash > ~/.local/share/bash-completion/completions/lamby
          Without the package bash-completion, add this line to ~/.bashrc:
            eval "$(lamby completion bash)"

        zsh, in a folder of $fpath, which ~/.zshrc sets before it calls compinit:
            lamby completion zsh > ~/.zfunc/_lamby

        fish:
            lamby completion fish > ~/.config/fish/completions/lamby.fish

        The shell completes the command "lamby" and paths that end with it, such as "bin/lamby". It does
        not complete "bundle exec lamby": "bundle binstubs lamby" makes bin/lamby.

            -h, --help                       Print this help
      TEXT
      private_constant :HELP

      def initialize(arguments, out:)
        @out = out
        @help = arguments.intersect?(%w[-h --help])
        return if @help

        raise UsageError, "there is no option #{arguments.grep(/\A-/).first}" if arguments.any?(/\A-/)
        raise UsageError, "name one shell: #{Completion::SHELLS.keys.join(", ")}" unless arguments.size == 1

        @shell = Completion::SHELLS.fetch(arguments.first) do |shell|
          raise UsageError, "there is no completion for #{shell.inspect}: the shells are #{Completion::SHELLS.keys.join(", ")}"
        end
      end

      # Prints the script.
      #
      # @return [Integer] exit status
      def call
        @out.puts(@help ? HELP : Completion.const_get(@shell).script(Completion.commands))
        0
      rescue LoadError => e
        raise UsageError, "completion needs the gem thor: run \"gem install thor\" (#{e.message})"
      end
    end
  end
end
