# frozen_string_literal: true

module Lamby
  module EventSources
    # The settings for handlers of events that are not HTTP requests.
    #
    # @see Config
    module Handlers
      # Registers a handler for events that are not HTTP requests. Lamby recognises an event by its structure. If an
      # event has no handler, Lamby raises {UnhandledEvent}, so that Lambda retries the event or sends it to the
      # dead-letter queue.
      #
      # @param kinds [Array<Symbol>] one or more of {KINDS}. `:direct` is a direct invocation with any JSON, and
      #   `:unknown` is every event that has no other handler
      # @yieldparam event [Hash, Lamby::Event]
      # @yieldparam context [Object] the invocation's context
      # @yieldreturn [Object] the invocation's result, which Lamby writes as JSON
      # @return [void]
      # @raise [ArgumentError] if a kind is unknown, or if there is no block
      # @example A queue whose failed messages are retried
      #   Lamby.config.on(:sqs) do |event, _context|
      #     Lamby.each_record(event) { |record| Order.import(JSON.parse(record["body"])) }
      #   end
      def on(*kinds, &handler)
        raise ArgumentError, "config.on takes a block, which handles the events" unless handler

        unknown = kinds - KINDS
        raise ArgumentError, "there is no kind #{unknown.first.inspect}; the kinds are #{KINDS.join(", ")}" if unknown.any? || kinds.empty?

        kinds.each { |kind| @event_handlers[kind] = handler }
        nil
      end

      # @return [Array<Regexp, String>] the commands that the gem lambda-console-ruby may run
      # @raise [Lamby::Error] if the gem is not loaded
      def runner_patterns
        return ::LambdaConsole::Run::PATTERNS if defined?(::LambdaConsole::Run)

        raise Error, "runner_patterns belongs to the gem lambda-console-ruby, which is not loaded"
      end

      # @param kind [Symbol, nil]
      # @return [Proc, nil] the handler of that kind
      # @api private
      def event_handler(kind)
        @event_handlers[kind]
      end

      private

      def reset_event_handlers
        @event_handlers = {}
      end
    end
  end
end
