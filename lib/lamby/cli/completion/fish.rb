# frozen_string_literal: true

module Lamby
  module CLI
    module Completion
      # The script for fish.
      module Fish
        # Completes the name of a file after @.
        FILE = "(__fish_complete_path (string replace -r '^@' '' -- (commandline -ct)) | string replace -r '^' '@')"
        private_constant :FILE

        class << self
          # @param commands [Array<Command>]
          # @return [String]
          def script(commands)
            <<~SH
              # Completes the command lamby in fish. "lamby completion fish" has printed this script.
              complete -c lamby -f
              complete -c lamby -n __fish_use_subcommand -s h -l help -d 'Print the help'
              complete -c lamby -n __fish_use_subcommand -s v -l version -d 'Print the version'
              #{commands.map { |command| "complete -c lamby -n __fish_use_subcommand -a #{command.name} -d #{quote(command.description)}" }.join("\n")}
              complete -c lamby -n '__fish_seen_subcommand_from help' -a '#{commands.map(&:name).join(" ")}'
              #{commands.flat_map { |command| lines(command) }.join("\n")}
            SH
          end

          private

          def lines(command)
            here = "complete -c lamby -n '__fish_seen_subcommand_from #{command.name}'"
            lines = command.options.map { |option| "#{here} #{names(option)}#{value(option)} -d #{quote(option.description)}" }
            lines << "#{here} -a '#{command.words.join(" ")}'" if command.words.any?
            lines << "#{here} -F" if command.files
            lines
          end

          def names(option)
            option.names.map { |name| name.sub(/\A--/, "-l ").sub(/\A-(?!l )/, "-s ") }.join(" ")
          end

          def value(option)
            case option.value
            when nil then ""
            when Array then " -x -a '#{option.value.join(" ")}'"
            when :data then " -x -a #{quote(FILE)}"
            else " -x"
            end
          end

          def quote(text)
            "'#{text.gsub(/['\\]/) { |it| "\\#{it}" }}'"
          end
        end
      end
    end
  end
end
