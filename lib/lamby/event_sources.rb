# frozen_string_literal: true

module Lamby
  # Finds the handler of an event that is not HTTP. The first of these that applies handles the event:
  #
  # 1. {Console}, if the event is a request of `lamby run` or `lamby console`
  # 2. Lamby itself, if the event is a direct invocation by a warm-up plugin and {Config#warm_up_pings} is on
  # 3. a gem that recognises the event
  # 4. the handler that {Config#on} registered for its kind
  # 5. {Config#event_bridge_handler}, for events and schedules of EventBridge
  # 6. Lamby itself, if the event is a schedule and {Config#warm_up_pings} is on
  # 7. the handler that {Config#on} registered for `:unknown`
  module EventSources
    autoload :Batch, "lamby/event_sources/batch"
    autoload :GemHandlers, "lamby/event_sources/gem_handlers"
    autoload :Handlers, "lamby/event_sources/handlers"

    # The kinds of events that are not HTTP requests: those that the native extension recognises, and `unknown`.
    KINDS = [*Native::EVENT_KINDS, :unknown].freeze
    BRIDGE = %i[event_bridge schedule].freeze
    # Handles a warm-up ping. The invocation itself keeps the function warm, so there is nothing to do.
    WARM = ->(_event, _context) {}
    private_constant :BRIDGE, :WARM

    class << self
      # Calls the handler of an event that is not HTTP.
      #
      # @param event [Hash, String] the event as Lamby received it
      # @param given [Object, nil] the event in the form that the handler gets; nil if `event` is JSON bytes, which
      #   Lamby then wraps in an {Event}
      # @param context [Object]
      # @param error [UnhandledEvent, InvalidEvent] says why the event is not a request
      # @return [Object] the handler's result
      # @raise [UnhandledEvent, InvalidEvent] if nothing handles the event
      def call(event, given, context, error)
        given = read(event, error) if given.nil?
        handler(given, context, error).call(given, context)
      end

      private

      def handler(given, context, error)
        kind = error.kind
        raise error if kind.nil? && error.is_a?(InvalidEvent) # The event is a request that cannot be read.

        return Console.method(:call) if Console.request?(given, context, kind)
        return WARM if kind == :direct && Lamby.config.warm_up_pings && ping?(given)

        config = Lamby.config
        GemHandlers.find(given, context) || config.event_handler(kind) ||
          (config.event_bridge_handler if BRIDGE.include?(kind)) ||
          (WARM if kind == :schedule && config.warm_up_pings) ||
          config.event_handler(:unknown) || raise(error)
      end

      # Returns the event in the form that handlers get. If the bytes are not JSON, raises the given error.
      def read(event, error)
        Event.wrap(event)
      rescue JSON::ParserError
        raise error
      end

      # https://github.com/juanjoDiaz/serverless-plugin-warmup, https://github.com/jeremydaly/lambda-warmer
      def ping?(event)
        return false unless event.respond_to?(:to_hash)

        event["source"] == "serverless-plugin-warmup" || event["warmer"] == true
      end
    end
  end
end
