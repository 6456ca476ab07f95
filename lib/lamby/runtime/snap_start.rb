# frozen_string_literal: true

require "timeout"

module Lamby
  module Runtime
    # Prepares the process for Lambda's snapshot (SnapStart), and sets up each process that Lambda restores from the
    # snapshot.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html
    module SnapStart
      # The longest time that the hooks may take after a restore, in seconds. This is Lambda's own limit.
      LIMIT = 10
      private_constant :LIMIT

      class << self
        # Runs the hooks before the snapshot, waits until the process is restored, and then runs the hooks after the
        # restore.
        #
        # @param client [Client]
        # @return [Boolean] false if a hook has raised. The error was then reported to Lambda, and the process must end
        # @raise [Error] if the Runtime API cannot be used. The process must then end
        def checkpoint(client)
          report_errors(client, :report_init_error, "Runtime.BeforeSnapshotError") { before_snapshot } or return false
          client.wait_for_restore
          report_errors(client, :report_restore_error, "Runtime.AfterRestoreError") { Timeout.timeout(LIMIT) { after_restore } }
        end

        private

        # Calls the block. If it raises, reports the error to Lambda and to the log.
        def report_errors(client, way, type)
          yield
          true
        rescue SignalException
          raise
        rescue Exception => e # rubocop:disable Lint/RescueException -- reported to Lambda
          error_report = ErrorReport.new(e, type: type)
          client.public_send(way, error_report)
          Logging.report(error_report)
          false
        end

        # Calls the hooks in reverse order, because an object that was set up later may use one that was set up earlier.
        # Then closes connections, because they do not survive the snapshot.
        def before_snapshot
          Hooks.run(:before_snapshot, reverse: true)
          pools.each(&:disconnect!)
          close_cache
          GC.start
        end

        # Seeds the random number generators again, and calls the hooks in order.
        def after_restore
          # Without a new seed, all restored processes would draw the same random numbers.
          srand
          ::OpenSSL::Random.seed(Random.urandom(64)) if defined?(::OpenSSL::Random)
          Hooks.run(:after_restore)
        end

        # Closes the connections to Redis if Rails caches in Redis. The cache has one client or a pool of clients, and
        # both reconnect when they are used. Does not clear a cache in memory, because an application may fill it for
        # the snapshot on purpose.
        def close_cache
          cache = ::Rails.cache if defined?(::Rails.cache)
          return unless cache.respond_to?(:redis)

          redis = cache.redis
          redis.respond_to?(:reload) ? redis.reload(&:close) : redis.close
        end

        # Returns ActiveRecord's connection pools, to be disconnected before the snapshot. ActiveRecord connects again
        # when it is used.
        def pools
          return [] unless defined?(::ActiveRecord::Base)

          handler = ::ActiveRecord::Base.connection_handler
          # The method that returns the pools of all roles depends on the version of ActiveRecord.
          return handler.connection_pool_list(:all) if ::ActiveRecord.version >= Gem::Version.new("7.1")

          handler.respond_to?(:all_connection_pools) ? handler.all_connection_pools : handler.connection_pool_list
        end
      end
    end
  end
end
