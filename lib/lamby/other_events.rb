# frozen_string_literal: true

module Lamby
  # What handles an event that is not HTTP: a gem that knows the event, a handler of {Config#on},
  # {Config#event_bridge_handler}, the answer to pings, or the handler for all that is unknown.
  module OtherEvents
    BRIDGE = %i[event_bridge schedule].freeze
    # The answer to a ping: to have been asked is all that it is for.
    WARM = ->(_event, _context) {}
    private_constant :BRIDGE, :WARM

    class << self
      # @param event [Hash, String] as it came
      # @param given [Object] what handlers get of it
      # @param context [Object]
      # @param error [UnhandledEvent, InvalidEvent] why it is no request
      # @return [#call] takes the event and its context
      # @raise [UnhandledEvent, InvalidEvent] where nothing handles it
      def handler(event, given, context, error)
        kind = Native.event_kind(event)
        raise error if kind.nil? && error.is_a?(InvalidEvent) # A request that cannot be read.

        return WARM if kind == :direct && Lamby.config.warm_up_pings && ping?(given)

        of_a_gem(given, context) || Lamby.config.event_handler(kind) ||
          (Lamby.config.event_bridge_handler if BRIDGE.include?(kind)) ||
          (WARM if kind == :schedule && Lamby.config.warm_up_pings) ||
          Lamby.config.event_handler(:unknown) || raise(error)
      end

      private

      # https://github.com/juanjoDiaz/serverless-plugin-warmup, https://github.com/jeremydaly/lambda-warmer
      def ping?(event)
        return false unless event.respond_to?(:to_hash)

        event["source"] == "serverless-plugin-warmup" || event["warmer"] == true
      end

      # Each is asked only where it is loaded, and gets the event as AWS's client would parse it.
      def of_a_gem(event, context)
        return unless (defined?(::Lambdakiq) || defined?(::LambdaCable) || defined?(::LambdaConsole)) && event.respond_to?(:to_hash)

        event = event.to_hash
        if defined?(::Lambdakiq) && ::Lambdakiq.jobs?(event)
          ->(_, _) { ::Lambdakiq.cmd(event: event, context: context) }
        elsif defined?(::LambdaCable) && ::LambdaCable.handle?(event, context)
          ->(_, _) { ::LambdaCable.cmd(event: event, context: context) }
        elsif defined?(::LambdaConsole) && ::LambdaConsole.handle?(event)
          ->(_, _) { ::LambdaConsole.handle(event) }
        end
      end
    end
  end
end
