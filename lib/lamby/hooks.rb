# frozen_string_literal: true

module Lamby
  # Calls the application's hooks and callbacks. Hooks that set something up stop at the first exception. Hooks that come
  # after the work are all called, whatever one of them raises.
  #
  # @api private
  module Hooks
    class << self
      # Calls the hooks of {Config}. An exception stops them and is raised on, because the process must not go on with a
      # part of its setup.
      #
      # @param name [Symbol] a method of {Config} that takes a hook, such as :before_fork
      # @param arguments [Array] what each hook gets
      # @param reverse [Boolean] whether the last hook is called first
      # @return [void]
      # @raise [Exception] what a hook raises
      def run(name, *arguments, reverse: false)
        hooks = Lamby.config.hooks(name)
        hooks = hooks.reverse if reverse
        hooks.each { |hook| hook.call(*arguments) }
      end

      # Calls all hooks, and logs what they raise.
      #
      # @param hooks [Enumerable<#call>]
      # @param source [String] what the hooks are, for the log
      # @param arguments [Array] what each hook gets
      # @param context [#aws_request_id, nil] the invocation that the hooks belong to
      # @return [void]
      # @raise [SystemExit, SignalException, NoMemoryError] at once, because the process must end then
      def run_all(hooks, source, *arguments, context: nil)
        hooks.each do |hook|
          hook.call(*arguments)
        rescue StandardError, ScriptError, SystemStackError => e
          Runtime::Logging.exception(e, source, context)
        end
      end
    end
  end
end
