# frozen_string_literal: true

require "json"
require "lamby/deployment"
require "optparse"

module Lamby
  module CLI
    # A command for the stack that bin/deploy has made. Its subclasses define three methods: `about` returns the command
    # with its arguments, and what it does; `examples` returns examples for the help; `run` returns the exit status.
    class StackCommand
      # @return [Array<OptionParser::Switch>] the options, for {Completion}
      def self.switches
        new(%w[--help], out: $stdout).switches
      end

      # @param arguments [Array<String>]
      # @param out [IO]
      def initialize(arguments, out:)
        @out = out
        @terminal = Terminal.new(out)
        @environment = Deployment::Project::ENVIRONMENT
        @arguments = parser.parse(arguments)
        check_arguments unless @help
      rescue OptionParser::ParseError => e
        raise UsageError, OptionError.of_optparse(e, parser)
      end

      # Runs the command.
      #
      # @return [Integer] exit status
      def call
        return @out.puts(parser.help) || 0 if @help

        run
      rescue Interrupt
        130 # As a shell reports a program that Ctrl-C has ended.
      end

      # @return [Array<OptionParser::Switch>] see {.switches}
      def switches
        parser.top.list.grep(OptionParser::Switch)
      end

      private

      attr_reader :out, :terminal

      # Adds the command's own options.
      def add_options(_options); end

      # Returns the description of the exit statuses.
      def statuses = Deployment::Failure::HELP

      # @raise [UsageError] if the arguments are wrong
      def check_arguments
        raise UsageError, "unexpected argument #{@arguments.first.inspect}" if @arguments.any?
      end

      def parser
        @parser ||= OptionParser.new do |options|
          options.banner = "Usage: lamby #{about.first} [options]\n\n#{about.last}\n"
          add_options(options)
          options.on("-e", "--environment NAME", "Environment of bin/deploy (#{@environment})") { |name| @environment = name }
          options.on("--stack NAME", "Name of the stack, if it is not the application's name and environment") { |name| @stack_name = name }
          options.on("--json", "Print JSON") { @json = true }
          options.on("-h", "--help", "Print this help") { @help = true }
          options.separator "\n#{statuses}\nExamples:\n#{examples.gsub(/^/, "    ")}"
        end
      end

      def stack
        @stack ||= Deployment::Stack.new(@stack_name || Deployment::Project.new.stack_name(@environment))
      end

      def waiting(text, &) = terminal.waiting(text, &)

      def print_json(value)
        out.puts JSON.pretty_generate(value)
        0
      end

      # Returns how long ago something was, such as "3 hours ago".
      def ago(time)
        seconds = [Time.now - time, 0].max
        unit, length = [["day", 86_400], ["hour", 3600], ["minute", 60]].find { |_unit, length| seconds >= length }
        return "just now" unless unit

        count = (seconds / length).to_i
        "#{count} #{unit}#{"s" if count > 1} ago"
      end
    end
  end
end
