# frozen_string_literal: true

require "optparse"

module Lamby
  module CLI
    # Describes an error of OptionParser or Thor in the words of the other messages of `lamby`.
    module OptionError
      # Thor's message about a value that is not in the list of values.
      EXPECTED = /\AExpected '(?<option>--[\w-]+)' to be one of (?<values>.*); got (?<value>.*)\z/m
      private_constant :EXPECTED

      class << self
        # @param error [OptionParser::ParseError]
        # @param parser [OptionParser]
        # @return [String]
        def of_optparse(error, parser)
          option, value = split(error.args)
          switches = parser.top.list.grep(OptionParser::Switch)
          switch = switches.find { |it| it.short.include?(option) || it.long.any? { |long| long.start_with?(option) } }
          case error
          when OptionParser::InvalidOption then unknown(option, switches.flat_map(&:long))
          when OptionParser::AmbiguousOption
            longs = switches.flat_map(&:long).select { |long| long.start_with?(option) }
            "the option #{option} can be #{longs.join(" or ")}: write all of it"
          when OptionParser::MissingArgument then "#{option} needs a value: #{option} #{switch.arg.strip}"
          when OptionParser::NeedlessArgument then "#{option} takes no value: leave #{value.inspect} out"
          else "#{option} is #{value.inspect}, and has to be #{wanted(switch)}"
          end
        end

        # @param error [Thor::Error]
        # @param options [Array<String>] the options that exist, such as "--ci"
        # @return [String]
        def of_thor(error, options)
          return unknown(error.unknown.first, options) if error.is_a?(Thor::UnknownArgumentError)

          match = EXPECTED.match(error.message) or return error.message
          "#{match[:option]} is #{match[:value].inspect}, and has to be one of #{match[:values]}"
        end

        private

        # Returns the option and its value. OptionParser gives "--port=1" and "-p1" as one argument.
        def split(arguments)
          return arguments if arguments.size > 1

          argument = arguments.first
          argument.start_with?("--") ? argument.split("=", 2) : [argument[0, 2], argument[2..]]
        end

        def unknown(option, options)
          similar = DidYouMean::SpellChecker.new(dictionary: options).correct(option).first
          "there is no option #{option}#{"; did you mean #{similar}?" if similar}"
        end

        # Returns what a switch accepts: one of a list, or a number.
        def wanted(switch)
          return "one of #{switch.pattern.keys.join(", ")}" if switch.pattern.is_a?(Hash)

          "a number, such as #{switch.desc.join[/\((\d+)\)/, 1] || 2}"
        end
      end
    end
  end
end
