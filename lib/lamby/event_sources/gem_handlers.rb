# frozen_string_literal: true

module Lamby
  module EventSources
    # Finds handlers in the gems that define their own events: Lambdakiq, LambdaCable and lambda-console-ruby.
    #
    # @api private
    module GemHandlers
      class << self
        # Returns the handler of the first loaded gem that recognises the event. The gems get the event as a Hash,
        # because they were written for AWS's client, which passes a Hash.
        #
        # @param event [Hash, Lamby::Event, Object]
        # @param context [Object]
        # @return [#call, nil] the handler, which takes the event and its context
        # @api private
        def find(event, context)
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
end
