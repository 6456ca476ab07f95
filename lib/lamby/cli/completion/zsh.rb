# frozen_string_literal: true

module Lamby
  module CLI
    module Completion
      # The script for zsh. It works as a file of $fpath, and with eval.
      module Zsh
        class << self
          # @param commands [Array<Command>]
          # @return [String]
          def script(commands)
            <<~SH
              #compdef lamby
              # Completes the command lamby in zsh. "lamby completion zsh" has printed this script.
              _lamby() {
                local curcontext="$curcontext" state line
                local -a commands
                commands=(
              #{commands.map { |command| "    #{quote("#{command.name}:#{command.description}")}" }.join("\n")}
                )
                _arguments -C '(- 1 *)'{-h,--help}'[print the help]' '(- 1 *)'{-v,--version}'[print the version]' \\
                  '1: :->command' '*:: :->argument'
                case $state in
                  command) _describe -t commands 'command' commands ;;
                  argument)
                    case $words[1] in
                      help) _arguments '1: :{_describe -t commands command commands}' ;;
              #{commands.map { |command| arguments(command) }.join("\n")}
                    esac ;;
                esac
              }

              _lamby_data() { compset -P @ && _files }

              if [[ $funcstack[1] = _lamby ]]; then _lamby "$@"; else compdef _lamby lamby; fi
            SH
          end

          private

          def arguments(command)
            specs = command.options.map { |option| spec(option) }
            specs << quote("1:#{command.name}:#{argument(command)}") if command.words.any?
            "        #{command.name}) _arguments -s \\\n          #{specs.join(" \\\n          ")} ;;"
          end

          def argument(command)
            words = "(#{command.words.join(" ")})"
            command.files ? "{_alternative \"events:event:#{words}\" \"files:file:_files\"}" : words
          end

          # https://zsh.sourceforge.io/Doc/Release/Completion-System.html#Completion-Functions, _arguments
          def spec(option)
            # A header can be repeated, and each other option can be given once.
            exclusive = option.names.include?("--header") ? "'*'" : "'(#{option.names.join(" ")})'"
            names = option.names.map { |name| "#{name}#{(name.start_with?("--") ? "=" : "+") if option.value}" }
            names = names.size > 1 ? "{#{names.join(",")}}" : names.first
            "#{exclusive}#{names}#{quote("[#{option.description.gsub(/[\[\]\\]/) { |it| "\\#{it}" }}]#{value(option)}")}"
          end

          def value(option)
            case option.value
            when nil then ""
            when Array then ":value:(#{option.value.join(" ")})"
            when :data then ":body:_lamby_data"
            else ":value: "
            end
          end

          def quote(text)
            "'#{text.gsub("'", "'\\\\''")}'"
          end
        end
      end
    end
  end
end
