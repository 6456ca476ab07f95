# frozen_string_literal: true

module Lamby
  module Runtime
    # Computes how many invocations run at the same time, and in how many processes.
    class Concurrency
      # The limits of Lambda: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html
      RANGE = (1..1600)
      private_constant :RANGE

      # @return [Integer] how many invocations run at the same time
      attr_reader :size

      # @param setting [Integer, nil] {Config#concurrency}
      # @param environment [Hash{String => String}]
      # @raise [Error] if the value is not a number within Lambda's limits
      def initialize(setting = nil, environment = ENV)
        # The first of these that has a value applies. Lambda sets AWS_LAMBDA_MAX_CONCURRENCY on Managed Instances.
        # Elsewhere, a user can set Lamby.config.concurrency or LAMBY_CONCURRENCY to run several invocations at once.
        name, value = {
          "AWS_LAMBDA_MAX_CONCURRENCY" => environment["AWS_LAMBDA_MAX_CONCURRENCY"],
          "Lamby.config.concurrency" => setting,
          "LAMBY_CONCURRENCY" => environment["LAMBY_CONCURRENCY"]
        }.find { |_, it| !it.to_s.empty? }
        @size = name ? Integer(value.to_s, 10, exception: false) : 1
        return if @size && RANGE.cover?(@size)

        raise Error, "#{name} is #{value.inspect}, and must be a number from #{RANGE.min} to #{RANGE.max}"
      end

      # @return [Boolean] whether the process runs one invocation at a time
      def alone?
        size == 1
      end

      # Divides the invocations among processes.
      #
      # @param workers [Integer, nil] how many processes, as in {Config#workers}; nil for one per processor
      # @return [Array<Integer>] how many invocations each process takes at once. With one element, no process is forked
      def sizes(workers)
        unless workers
          require "etc"
          workers = Process.respond_to?(:fork) ? Etc.nprocessors : 1
        end
        processes = workers.clamp(1, size)
        share, rest = size.divmod(processes)
        Array.new(processes) { |index| share + (index < rest ? 1 : 0) }
      end
    end
  end
end
