# frozen_string_literal: true

module Lamby
  module Handler
    # Runs the callbacks that an application has registered for the time after its response.
    #
    # @api private
    module Callbacks
      class << self
        # Calls the callbacks after the response was delivered, if the context has `after_response`. Otherwise calls
        # them immediately.
        #
        # Calls the callbacks in Puma's `rack.after_reply` first, then the callbacks in `rack.response_finished`. Puma
        # uses the same order. The Rack SPEC requires of `rack.response_finished`: "These callables are invoked after
        # the response has been finished, in reverse order, and are called with the environment, status, headers and
        # error; exceptions are caught".
        #
        # @param context [Object] the invocation's context
        # @param finished [Array<#call>] the callbacks in `rack.response_finished`
        # @param replied [Array<#call>] the callbacks in `rack.after_reply`
        # @param arguments [Array] env, status, headers and error
        # @return [void]
        # @api private
        def call(context, finished, replied, arguments)
          return run(context, finished, replied, arguments) unless context.respond_to?(:after_response)

          context.after_response { run(context, finished, replied, arguments) }
        end

        # Calls {Config#handled_proc} after an event was handled.
        #
        # @param handled_proc [#call] the setting
        # @param event [Hash, String, Lamby::Event] the event as Lamby received it
        # @param context [Object] the invocation's context
        # @param error [Exception, nil] the exception that the event's handling raised. If handled_proc raises another
        #   one, Lamby only logs the other one, so that the invocation fails with `error`
        # @return [void]
        # @api private
        def handled(handled_proc, event, context, error)
          return if handled_proc.equal?(Config::NOTHING)
          # A child process that the application forked may also reach this line, but the invocation belongs to its
          # parent.
          return if context.respond_to?(:forked?) && context.forked?

          handled_proc.call(Event.wrap(event), context)
        rescue StandardError => e
          raise unless error

          Runtime::Logging.exception(e, "handled_proc", context)
        end

        private

        def run(context, finished, replied, arguments)
          Hooks.run_all(replied, "rack.after_reply", context: context)
          Hooks.run_all(finished.reverse, "rack.response_finished", *arguments, context: context)
        end
      end
    end
  end
end
