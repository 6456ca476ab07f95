# frozen_string_literal: true

require "monitor"
require "securerandom"
require "lamby/serve/record"
require "lamby/serve/records/peak_memory"
require "lamby/serve/records/subscription"

module Lamby
  module Serve
    # The invocations that the inspector shows. It keeps the newest ones, in bounded memory: if there are too many
    # records, it removes the oldest ones. If their contents have too many bytes, it removes the contents of the oldest
    # ones, and keeps their summaries.
    #
    # Several threads may call its methods. They never wait for a browser and never raise.
    #
    # @api private
    class Records
      # The most records, and the most bytes of their contents.
      LIMIT = 10_000
      BYTES = 64 * 1024 * 1024
      # The most pages that get changes at once, and the most environments.
      SUBSCRIPTIONS = 32
      ENVIRONMENTS = 1024
      private_constant :LIMIT, :BYTES, :SUBSCRIPTIONS, :ENVIRONMENTS

      # @return [Integer] the bytes of all contents
      attr_reader :bytes
      # @return [Integer] the {Record#number} of the newest record; 0 before the first one
      attr_reader :last_number
      # @return [String] a random id of this object. It tells a page that the server was restarted
      attr_reader :run_id

      # @param limit [Integer] the most records
      # @param bytes [Integer] the most bytes of their contents
      def initialize(limit: LIMIT, bytes: BYTES)
        @limit = limit
        @most_bytes = bytes
        @lock = Monitor.new
        @records = {} # All records by their ids, the oldest first.
        @sizes = {} # The bytes of each record that has contents, the oldest first.
        @bytes = @last_number = 0
        @environments = {}
        @ready_at = {}
        @subscriptions = []
        @run_id = SecureRandom.uuid
      end

      # Records an invocation that has arrived.
      #
      # @param id [String] the request id
      # @param kind [Symbol] `:http`, or one of {Config::EVENT_KINDS}
      # @param integration [Symbol, nil]
      # @param title [String] such as "GET /orders?page=2"
      # @param event [String] JSON
      # @param request [HTTPRequest, nil]
      # @return [Record]
      def start(id:, kind:, integration:, title:, event:, request:)
        details = { id: id, kind: kind, integration: integration, title: title, event: event, request: request }
        @lock.synchronize do
          record = Record.new(self, @last_number += 1, **details)
          remove(@records.first.first) if @records.size >= @limit
          remove(record.id)
          @records[record.id] = record
          @sizes[record] = 0
          grow(record, record.initial_size)
          @subscriptions.each { |subscription| subscription.record(record) }
          record
        end
      end

      # Records a change of an environment.
      #
      # @param number [Integer]
      # @param state [Symbol] `:starting`, `:ready`, `:stopped` or `:failed`
      # @param init_ms [Numeric, nil] how long the initialization took
      # @param pid [Integer, nil]
      # @param message [String, nil] why it failed
      # @param log [String, nil] what it printed before it failed
      # @return [void]
      def environment(number:, state:, init_ms: nil, pid: nil, message: nil, log: nil)
        @lock.synchronize do
          before = @environments.delete(number) || {}
          changes = { number: number, state: state, init_ms: init_ms, pid: pid, message: message, log: log }.compact
          environment = @environments[number] = { **before.except(:message, :log), **changes }
          @ready_at[number] = Process.clock_gettime(Process::CLOCK_MONOTONIC) if state == :ready
          @ready_at.delete(@environments.shift.first) if @environments.size > ENVIRONMENTS
          @subscriptions.each { |subscription| subscription.environment(environment) }
        end
        nil
      end

      # @return [Array<Hash>] the environments, the one that changed last at the end
      def environments
        @lock.synchronize { @environments.values }
      end

      # @param before [Integer, nil] return only records with a smaller {Record#number}
      # @param limit [Integer]
      # @return [Array<Record>] the newest first
      def page(before: nil, limit: 1000)
        @lock.synchronize do
          records = @records.values
          records = records.take_while { |record| record.number < before } if before
          records.last(limit).reverse
        end
      end

      # @param id [String]
      # @return [Record, nil]
      def [](id)
        @lock.synchronize { @records[id] }
      end

      # Runs a block while no record changes.
      #
      # @return [Object] what the block returned
      def synchronize(&) = @lock.synchronize(&)

      # Removes all records. The pages load the empty list.
      #
      # @return [void]
      def clear
        @lock.synchronize do
          @records.each_key { |id| remove(id) }
          @subscriptions.each(&:reload)
        end
        nil
      end

      # @return [Subscription] a subscription to all changes from now on
      def subscribe
        @lock.synchronize do
          @subscriptions.shift.close if @subscriptions.size >= SUBSCRIPTIONS
          Subscription.new(@lock).tap { |subscription| @subscriptions << subscription }
        end
      end

      # @param subscription [Subscription]
      # @return [void]
      def unsubscribe(subscription)
        @lock.synchronize { @subscriptions.delete(subscription)&.close }
        nil
      end

      # Ends all subscriptions, because the server stops.
      #
      # @return [void]
      def close
        @lock.synchronize do
          @subscriptions.each(&:close)
          @subscriptions = []
        end
        nil
      end

      # Changes a record, and tells the subscribers.
      #
      # @param record [Record]
      # @yieldreturn [Integer] how many bytes the record keeps in addition
      # @return [void]
      def change(record)
        @lock.synchronize do
          bytes = yield
          next unless @records[record.id].equal?(record) # It is removed already.

          grow(record, bytes)
          @subscriptions.each { |subscription| subscription.record(record) }
        end
      end

      # @param number [Integer]
      # @return [Numeric, nil] how long the initialization of an environment took, in milliseconds
      def init_ms(number) = @environments.dig(number, :init_ms)

      # @param number [Integer]
      # @return [Float, nil] the time at which an environment became ready, by the monotonic clock
      def ready_at(number) = @ready_at[number]

      # @param number [Integer, nil]
      # @return [Integer, nil] the most bytes that an environment has used so far
      def memory(number) = PeakMemory.of(@environments.dig(number, :pid))

      private

      def grow(record, bytes)
        return unless @sizes.key?(record)

        @sizes[record] += bytes
        @bytes += bytes
        forget(@sizes.first.first) while @bytes > @most_bytes && @sizes.size > 1
      end

      def forget(record)
        @bytes -= @sizes.delete(record) || 0
        record.forget unless record.forgotten?
        @subscriptions.each { |subscription| subscription.record(record) }
      end

      def remove(id)
        record = @records.delete(id) or return
        @bytes -= @sizes.delete(record) || 0
        record.forget unless record.forgotten?
      end
    end
  end
end
