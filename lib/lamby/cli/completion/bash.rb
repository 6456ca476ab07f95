# frozen_string_literal: true

module Lamby
  module CLI
    module Completion
      # The script for bash. It works with bash 3.2, which is the version of macOS, and without the package
      # bash-completion.
      module Bash
        class << self
          # @param commands [Array<Command>]
          # @return [String]
          def script(commands)
            names = commands.map(&:name)
            <<~SH
              # Completes the command lamby in bash. "lamby completion bash" has printed this script.
              _lamby() {
                local IFS=$' \\t\\n' word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words='' files=''
                COMPREPLY=()
                # Bash divides --ci=none into three words, and may divide @FILE into two.
                if [ "$word" = "=" ]; then word=; elif [ "$before" = "=" ]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
                if [ "$before" = "@" ]; then word="@$word"; fi
                # Bash 3.2 has no compopt.
                case $word in
                  @*) IFS=$'\\n'; COMPREPLY=($(compgen -P @ -f -- "${word#@}")); compopt -o nospace 2> /dev/null; return ;;
                esac
                if [ "$COMP_CWORD" -eq 1 ]; then
                  words='#{[*names, "--help", "--version"].join(" ")}'
                else
                  case "${COMP_WORDS[1]} $before" in
                    help\\ *) words='#{names.join(" ")}' ;;
              #{commands.flat_map { |command| values(command) }.join("\n")}
              #{commands.map { |command| arguments(command) }.join("\n")}
                  esac
                fi
                COMPREPLY=($(compgen -W "$words" -- "$word"))
                if [ -n "$files" ]; then
                  IFS=$'\\n' COMPREPLY+=($(compgen -f -X '!*.json' -- "$word"; compgen -d -- "$word"))
                  # Quotes spaces in the names of files, and ends folders with a slash.
                  compopt -o filenames 2> /dev/null
                fi
              }
              # With "default", bash completes file names where the function finds nothing.
              complete -o default -F _lamby lamby
            SH
          end

          private

          # Returns a branch for each option with a value.
          def values(command)
            command.options.select(&:value).map do |option|
              pattern = option.names.map { |name| "'#{command.name} #{name}'" }.join(" | ")
              option.value.is_a?(Array) ? "      #{pattern}) words='#{option.value.join(" ")}' ;;" : "      #{pattern}) return ;;"
            end
          end

          # Returns the branch for the command's argument and options.
          def arguments(command)
            options = "words='#{command.options.flat_map(&:names).grep(/\A--/).join(" ")}'"
            return "      #{command.name}\\ *) #{options} ;;" if command.words.empty?

            words = "words='#{command.words.join(" ")}'#{" files=1" if command.files}"
            "      #{command.name}\\ *) case $word in -*) #{options} ;; *) #{words} ;; esac ;;"
          end
        end
      end
    end
  end
end
