# frozen_string_literal: true

module Lamby
  # The settings that register blocks. The native runtime calls each block at a certain point in the life of the
  # process, for example before the process ends. Each setting can be used several times.
  #
  # {Hooks.run} calls hooks that set something up, and stops at the first exception. {Hooks.run_all} calls hooks that
  # run after a response or at shutdown. It calls all of them, even if one of them raises.
  #
  # @see Config
  module Hooks
    class << self
      # Calls the hooks of {Config}. Does not rescue exceptions, because the process must not go on with an incomplete
      # setup.
      #
      # @api private
      # @param name [Symbol] a method of {Config} that takes a hook, such as :before_fork
      # @param arguments [Array] the arguments of each hook
      # @param reverse [Boolean] whether the last hook is called first
      # @return [void]
      # @raise [Exception] any exception that a hook raises
      def run(name, *arguments, reverse: false)
        hooks = Lamby.config.hooks(name)
        hooks = hooks.reverse if reverse
        hooks.each { |hook| hook.call(*arguments) }
      end

      # Calls all hooks, and logs the exceptions that they raise.
      #
      # @api private
      # @param hooks [Enumerable<#call>]
      # @param source [String] the name of the hooks in the log
      # @param arguments [Array] the arguments of each hook
      # @param context [#aws_request_id, nil] the invocation that the hooks belong to
      # @return [void]
      # @raise [SystemExit, SignalException, NoMemoryError] immediately, because the process must end
      def run_all(hooks, source, *arguments, context: nil)
        hooks.each do |hook|
          hook.call(*arguments)
        rescue StandardError, ScriptError, SystemStackError => e
          Runtime::Logging.exception(e, source, context)
        end
      end
    end

    # Registers a block that is called before the process ends. The native runtime calls it when Lambda sends SIGTERM.
    #
    # All blocks together may take 500 ms, or 300 ms if there is an external extension. Lambda sends SIGTERM only if an
    # extension is registered. So the runtime registers an internal extension if there is a block. This extension is one
    # of the ten that a function may have.
    #
    # @yield before the process ends
    # @return [void]
    # @raise [ArgumentError] without a block
    # @example
    #   Lamby.config.on_shutdown { Statistics.flush }
    # @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
    def on_shutdown(&) = hook(:on_shutdown, &)

    # Registers a block that is called once, after the application was loaded and before the first worker process is
    # forked. In the block, close resources that processes cannot share, such as connections.
    #
    # @yield before the fork
    # @return [void]
    # @raise [ArgumentError] without a block
    # @example
    #   Lamby.config.before_fork { REDIS.close }
    def before_fork(&) = hook(:before_fork, &)

    # Registers a block that is called at the start of each worker process, including workers that replace others.
    #
    # @yieldparam index [Integer] the worker's index, from 0
    # @return [void]
    # @raise [ArgumentError] without a block
    # @example
    #   Lamby.config.after_fork { |index| Metrics.start(worker: index) }
    def after_fork(&) = hook(:after_fork, &)

    # Registers a block that is called after the application is loaded, and before Lambda takes a snapshot of the
    # process (SnapStart). The block that was registered last is called first. After all blocks, Lamby closes the
    # connections of ActiveRecord and of Rails' cache in Redis.
    #
    # AWS's client has no hooks for SnapStart. If an image uses that client, Lambda takes a snapshot only if the
    # Dockerfile sets this label: `LABEL com.amazonaws.lambda.feature.snapstart="Allow"`.
    #
    # @yield before the snapshot
    # @return [void]
    # @raise [ArgumentError] without a block
    # @example
    #   Lamby.config.before_snapshot { REDIS.close }
    # @see https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html
    def before_snapshot(&) = hook(:before_snapshot, &)

    # Registers a block that is called in each process that is restored from a snapshot, before its first invocation.
    # The block that was registered first is called first. All blocks together may take 10 seconds. Before Lamby calls
    # them, it seeds the random number generators of Ruby and OpenSSL again.
    #
    # @yield after the restore
    # @return [void]
    # @raise [ArgumentError] without a block
    # @example
    #   Lamby.config.after_restore { Credentials.refresh }
    def after_restore(&) = hook(:after_restore, &)

    # @param name [Symbol] the name of one of the methods above
    # @return [Array<Proc>] the blocks that were registered with this method, in order
    # @api private
    def hooks(name)
      @hooks[name]
    end

    private

    def reset_hooks
      @hooks = Hash.new { |hooks, name| hooks[name] = [] }
    end

    def hook(name, &block)
      raise ArgumentError, "#{name} takes a block" unless block

      @hooks[name] << block
      nil
    end
  end
end
