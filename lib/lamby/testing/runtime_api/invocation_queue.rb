# frozen_string_literal: true

module Lamby
  module Testing
    class RuntimeAPI
      # The invocations that no poll has received yet, in order.
      #
      # @api private
      class InvocationQueue
        def initialize
          @invocations = []
          @lock = Mutex.new
          @added = ConditionVariable.new
        end

        # Appends an invocation.
        def <<(invocation)
          @lock.synchronize { @invocations.push(invocation) && @added.signal }
          self
        end

        # Puts an invocation back at the front, for the next poll.
        def put_back(invocation)
          @lock.synchronize { @invocations.unshift(invocation) && @added.signal }
        end

        # Waits for an invocation and removes it.
        #
        # @return [Invocation]
        def pop
          @lock.synchronize do
            @added.wait(@lock) while @invocations.empty?
            @invocations.shift
          end
        end

        # @return [Integer] number of invocations
        def size = @lock.synchronize { @invocations.size }

        # @return [Boolean] whether no invocation waits
        def empty? = size.zero?

        # @return [Boolean] whether the invocation waits in this queue
        def include?(invocation) = @lock.synchronize { @invocations.include?(invocation) }
      end
    end
  end
end
