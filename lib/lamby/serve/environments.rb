# frozen_string_literal: true

module Lamby
  module Serve
    # The execution environments. It starts one at once, and further ones when they are needed.
    class Environments
      # How often an event is handed over, if processes end before they receive it.
      ATTEMPTS = 3
      private_constant :ATTEMPTS

      # @param settings [Settings]
      # @param journal [Journal]
      def initialize(settings, journal)
        @settings = settings
        @journal = journal
        @lock = Monitor.new
        @changed = @lock.new_cond
        # All environments that have not ended, also those that take no further invocation.
        @environments = []
        @number = 0
        @stopped = false
      end

      # Starts an environment if none is running, before the first request needs it.
      #
      # @return [void]
      def prepare
        @lock.synchronize { add if usable.empty? && !@stopped }
      end

      # Runs an invocation in a thread of its own. Waits for an environment first. With {Settings#concurrency}, refuses the
      # invocation if all environments are busy.
      #
      # @param call [Call]
      # @return [void]
      def submit(call)
        Thread.new do
          run(call)
        rescue StandardError => e
          call.finish(Outcome.new(kind: :crashed, message: "lamby serve failed: #{e.class}: #{e.message}", log: e.backtrace.join("\n")))
        end
      end

      # Ends each environment when it handles no invocation, and starts a new one.
      #
      # @return [void]
      def reload
        idle = @lock.synchronize { @environments.select(&:retire) }
        in_parallel(idle, &:stop)
        prepare
      end

      # Ends all environments. Gives the processes time to handle SIGTERM.
      #
      # @return [void]
      def stop = in_parallel(close, &:stop)

      # Ends all environments at once.
      #
      # @return [void]
      def kill = in_parallel(close, &:kill)

      private

      # Starts no further environment. Returns those that have not ended.
      def close
        @lock.synchronize do
          @stopped = true
          @changed.broadcast
          @environments.dup
        end
      end

      def in_parallel(environments, &action)
        environments.map { |environment| Thread.new { action.call(environment) } }.each(&:join)
      end

      def run(call)
        ATTEMPTS.times do
          environment = acquire(call) or return
          return if environment.run(call)
        end
        call.finish(Outcome.new(kind: :crashed, message: "#{ATTEMPTS} processes ended before they received the event"))
      end

      # Returns an environment that is taken for the call, or nil if the call has an outcome already.
      def acquire(call)
        @lock.synchronize do
          mine = nil
          loop do
            environments = usable
            # After a reload, the call waits for the new environment.
            mine = nil if mine&.retired?
            return call.finish(mine.failure) && nil if mine&.failure
            return call.finish(stopping) && nil if @stopped

            taken = environments.find(&:take)
            return taken if taken

            if environments.size < @settings.environments
              mine = add
            elsif @settings.concurrency && mine.nil? && environments.none?(&:soon_ready?)
              return call.finish(throttled) && nil
            else
              mine ||= environments.find { |it| it.state == :starting }
            end
            @changed.wait
          end
        end
      end

      # Returns the environments that can take invocations, now or later.
      def usable = @environments.reject(&:over?)

      def add
        @number += 1
        environment = Environment.new(@number, @settings, @journal, method(:changed))
        @environments << environment
        environment
      end

      def changed
        @lock.synchronize do
          @environments.reject!(&:ended?)
          @changed.broadcast
        end
      end

      def throttled
        limit = @settings.concurrency
        Outcome.new(kind: :throttled, message: "#{limit} of #{limit} execution environments are busy (--concurrency #{limit})")
      end

      def stopping
        Outcome.new(kind: :crashed, message: "lamby serve is stopping")
      end
    end
  end
end
