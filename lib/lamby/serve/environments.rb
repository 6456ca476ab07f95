# frozen_string_literal: true

module Lamby
  module Serve
    # The execution environments. It starts one at once, and further ones when they are needed.
    class Environments
      # @param settings [Settings]
      # @param journal [Journal]
      def initialize(settings, journal)
        @settings = settings
        @journal = journal
        @lock = Monitor.new
        @changed = @lock.new_cond
        @environments = []
        @number = 0
        @stopped = false
      end

      # Starts an environment if none is running, before the first request needs it.
      #
      # @return [void]
      def prepare
        @lock.synchronize { add if @environments.empty? && !@stopped }
      end

      # Runs an invocation in a thread of its own. Waits for an environment first. With {Settings#concurrency}, refuses the
      # invocation if all environments are busy.
      #
      # @param call [Call]
      # @return [void]
      def submit(call)
        Thread.new do
          environment = acquire(call)
          environment&.run(call)
        rescue StandardError => e
          call.finish(Outcome.new(kind: :crashed, message: "lamby serve failed: #{e.class}: #{e.message}", log: e.backtrace.join("\n")))
        end
      end

      # Ends each environment when it handles no invocation, and starts a new one.
      #
      # @return [void]
      def reload
        old = @lock.synchronize { @environments.tap { @environments = [] } }
        old.each(&:retire)
        prepare
      end

      # Ends all environments.
      #
      # @return [void]
      def stop
        old = @lock.synchronize do
          @stopped = true
          @environments.dup
        end
        old.map { |environment| Thread.new { environment.stop } }.each(&:join)
      end

      private

      # Returns an environment that is taken for the call, or nil if the call has an outcome already.
      def acquire(call)
        @lock.synchronize do
          mine = nil
          loop do
            @environments.reject!(&:over?)
            # After a reload, the call waits for the new environment.
            mine = nil if mine&.retired?
            return call.finish(mine.failure) && nil if mine&.failure
            return call.finish(stopping) && nil if @stopped

            taken = @environments.find(&:take)
            return taken if taken

            if @environments.size < @settings.environments
              mine = add
            elsif @settings.concurrency && mine.nil? && @environments.none?(&:soon_ready?)
              return call.finish(throttled) && nil
            else
              mine ||= @environments.find { |it| it.state == :starting }
            end
            @changed.wait
          end
        end
      end

      def add
        @number += 1
        environment = Environment.new(@number, @settings, @journal, method(:changed))
        @environments << environment
        environment
      end

      def changed
        @lock.synchronize { @changed.broadcast }
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
