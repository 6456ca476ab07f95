# frozen_string_literal: true

require "json"

module Lamby
  # Answers the requests of `lamby run` and `lamby console`, which run commands and Ruby code in the deployed function.
  # It is off unless {Config#console} is true.
  #
  # A request is a direct invocation with two parts: an event with the only key {KEY}, and {MARK} in the client context.
  # Only a caller of Lambda's Invoke API chooses the client context, which needs the permission lambda:InvokeFunction.
  # So neither an HTTP request nor a message of a queue, a bus or a bucket can be a request of the console, even if a
  # template makes its content the whole event.
  #
  # @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
  module Console
    autoload :Command, "lamby/console/command"
    autoload :Session, "lamby/console/session"
    autoload :ThreadOutput, "lamby/console/thread_output"

    # The only key of the event.
    KEY = "lamby.console"
    # The value of "lamby" in the field "custom" of the client context.
    MARK = "console"

    # Raised for a request of the console if {Config#console} is off.
    class Disabled < Error; end

    # Raised for a request that Lamby does not understand, for example because the command is newer.
    class InvalidRequest < Error; end

    class << self
      # @param event [Object] the event, which can be read like a Hash if it is a JSON object
      # @param context [Object]
      # @param kind [Symbol, nil] the kind of the event
      # @return [Boolean] whether this is a request of the console
      def request?(event, context, kind)
        kind == :direct && marked?(context) && event.respond_to?(:to_hash) && event.to_hash.keys == [KEY]
      end

      # Runs a request.
      #
      # @param event [Hash, Lamby::Event]
      # @param context [Object]
      # @return [Hash] the reply, with the only key {KEY}
      # @raise [Disabled, InvalidRequest]
      def call(event, context)
        raise Disabled, "config.console is off in this function" unless Lamby.config.console

        { KEY => reply(event[KEY], context) }
      end

      # @param client_context [Object] the parsed client context of an invocation
      # @return [Boolean] whether it has {MARK}
      def mark?(client_context)
        custom = client_context["custom"] if client_context.is_a?(Hash)
        custom.is_a?(Hash) && custom["lamby"] == MARK
      end

      private

      # A client of {ProxyServer} chooses the whole context.
      def marked?(context)
        return false if context.is_a?(ProxyContext) || !context.respond_to?(:client_context)

        mark?(context.client_context)
      rescue JSON::ParserError # The client context is not JSON.
        false
      end

      def reply(request, context)
        case request.is_a?(Hash) ? request.transform_keys(&:to_sym) : request
        in { run: String => command, **nil }
          $stderr.puts "lamby run: #{command.inspect}"
          Command.new(command, context).call
        in { evaluate: String => code, session: String => session, line: Integer => line, **nil }
          $stderr.puts "lamby console: #{code.inspect}"
          Session.evaluate(code, session, line)
        else
          raise InvalidRequest, "Lamby #{VERSION} does not understand this request of lamby run or lamby console"
        end
      end
    end
  end
end
