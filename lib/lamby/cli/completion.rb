# frozen_string_literal: true

module Lamby
  module CLI
    # The commands, options and values that a shell can complete. The scripts for the shells are made from this list.
    module Completion
      autoload :Bash, "lamby/cli/completion/bash"
      autoload :Fish, "lamby/cli/completion/fish"
      autoload :Zsh, "lamby/cli/completion/zsh"

      # The class of each shell's script.
      SHELLS = { "bash" => :Bash, "zsh" => :Zsh, "fish" => :Fish }.freeze

      # A command of `lamby`.
      #
      # @!attribute words
      #   @return [Array<String>] the values of its argument
      # @!attribute files
      #   @return [Boolean] whether its argument may be a file
      Command = Struct.new(:name, :description, :options, :words, :files, keyword_init: true)

      # An option of a command.
      #
      # @!attribute names
      #   @return [Array<String>] such as "-X" and "--method"
      # @!attribute value
      #   @return [nil, :any, :data, Array<String>] nil if the option has no value, :data if the value may be @FILE
      Option = Struct.new(:names, :description, :value, keyword_init: true)

      # The values of options, as far as the options themselves do not know them.
      VALUES = {
        "--method" => %w[GET HEAD POST PUT PATCH DELETE OPTIONS], "--data" => :data, "--environment" => %w[production staging]
      }.freeze
      HELP = Option.new(names: %w[-h --help], description: "Print this help").freeze
      private_constant :VALUES, :HELP

      class << self
        # @return [Array<Command>]
        def commands
          CLI::COMMANDS.map do |name, (command, description)|
            options = options(name, CLI.const_get(command))
            Command.new(name: name, description: description, options: options, words: words(name), files: name == "invoke")
          end
        end

        private

        def options(name, command)
          return command.switches.map { |switch| of_optparse(switch) } if command.respond_to?(:switches)

          case name
          when "install" then [*thor_options, HELP]
          when "new" then [*thor_options.select { |option| NewCommand.own?(option.names.last) }, HELP]
          else [HELP]
          end
        end

        def words(command)
          case command
          when "invoke" then [*Simulator.integrations, *Config::EVENT_KINDS].map(&:to_s)
          when "completion" then SHELLS.keys
          else []
          end
        end

        def of_optparse(switch)
          value = VALUES.fetch(switch.long.first, :any) if switch.arg
          names = switch.short.map { |name| "-#{name.delete_prefix("-")}" } + switch.long
          Option.new(names: names, description: switch.desc.join(" "), value: value)
        end

        def thor_options
          require "lamby/scaffold"
          Scaffold::Generator.class_options.values.map do |option|
            value = option.enum || :any unless option.type == :boolean
            Option.new(names: [*option.aliases, option.switch_name], description: option.description, value: value)
          end
        end
      end
    end
  end
end
