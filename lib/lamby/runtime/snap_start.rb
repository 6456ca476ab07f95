# frozen_string_literal: true

require "timeout"

module Lamby
  module Runtime
    # Lambda's snapshots of an initialized process: what is done before one is taken, and in
    # each process that is restored from it.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html
    module SnapStart
      # Seconds that Lambda gives to the hooks after a restore.
      LIMIT = 10
      private_constant :LIMIT

      class << self
        # Waits until the process is restored.
        #
        # @param client [Client]
        # @return [Boolean] false where a hook has raised: Lambda was told, and the process is to end
        # @raise [Error] and the process is to end
        def pass(client)
          told(client, :report_init_error, "Runtime.BeforeSnapshotError") { before_snapshot } or return false
          client.wait_for_restore
          told(client, :report_restore_error, "Runtime.AfterRestoreError") { Timeout.timeout(LIMIT) { after_restore } }
        end

        private

        def told(client, way, type)
          yield
          true
        rescue SignalException
          raise
        rescue Exception => e # rubocop:disable Lint/RescueException -- told to Lambda
          failure = Failure.new(e, type: type)
          client.public_send(way, failure)
          Log.failure(failure)
          false
        end

        # Last in, first out: what was set up last may use what was set up before.
        def before_snapshot
          Lamby.config.hooks(:before_snapshot).reverse_each(&:call)
          pools.each(&:disconnect!)
          close_cache
          GC.start
        end

        # In order.
        def after_restore
          # Every process that is restored would draw the same numbers.
          srand
          ::OpenSSL::Random.seed(Random.urandom(64)) if defined?(::OpenSSL::Random)
          Lamby.config.hooks(:after_restore).each(&:call)
        end

        # Rails' cache in Redis: a client, or a pool of them; both connect again on first use. What
        # is cached in memory is a part of the snapshot, and may well be meant to be.
        def close_cache
          cache = ::Rails.cache if defined?(::Rails.cache)
          return unless cache.respond_to?(:redis)

          redis = cache.redis
          redis.respond_to?(:reload) ? redis.reload(&:close) : redis.close
        end

        # Of ActiveRecord, whose connections would be the snapshot's and not the process's;
        # it connects again on first use.
        def pools
          return [] unless defined?(::ActiveRecord::Base)

          handler = ::ActiveRecord::Base.connection_handler
          # Of all roles, which each version says in another way.
          return handler.connection_pool_list(:all) if ::ActiveRecord.version >= Gem::Version.new("7.1")

          handler.respond_to?(:all_connection_pools) ? handler.all_connection_pools : handler.connection_pool_list
        end
      end
    end
  end
end
