# frozen_string_literal: true

module Lamby
  module Serve
    class Records
      # Collects the changes that one page has not received yet. If a page is slow, several changes of a record become
      # one. If the page is very slow, it gets the instruction to load everything again. So a slow page costs no time
      # and little memory.
      #
      # @api private
      class Subscription
        # The changes since the last call of {#take}.
        Changes = Struct.new(:records, :environments, :reload)
        # The most records for which changes may wait.
        LIMIT = 1000
        private_constant :Changes, :LIMIT

        # @param lock [Monitor] the lock of {Records}. The caller of {#record}, {#environment}, {#reload} and {#close} holds it
        def initialize(lock)
          @lock = lock
          @condition = lock.new_cond
          @records = {}
          @environments = {}
        end

        # @param record [Record] a record that is new or has changed
        # @return [void]
        def record(record)
          return if @reload

          @records[record.id] = record
          @records.size > LIMIT ? reload : @condition.signal
        end

        # @param environment [Hash] the new state of an environment
        # @return [void]
        def environment(environment)
          @environments[environment[:number]] = environment
          @condition.signal
        end

        # Makes the page load everything again.
        #
        # @return [void]
        def reload
          @reload = true
          @records.clear
          @condition.signal
        end

        # Ends the subscription.
        #
        # @return [void]
        def close
          @closed = true
          @condition.signal
        end

        # @return [Boolean]
        def closed? = !!@closed

        # Waits for changes, and returns them. Takes the lock.
        #
        # @param seconds [Numeric] the longest wait
        # @return [Changes, nil] nil if nothing has changed in this time
        def take(seconds)
          @lock.synchronize do
            @condition.wait(seconds) unless changed? || @closed
            return unless changed?

            changes = Changes.new(@records.values, @environments.values, @reload)
            @records = {}
            @environments = {}
            @reload = false
            changes
          end
        end

        private

        def changed? = @reload || @records.any? || @environments.any?
      end
    end
  end
end
