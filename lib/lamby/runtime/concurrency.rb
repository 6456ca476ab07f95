# frozen_string_literal: true

module Lamby
  module Runtime
    # How many invocations at once, and in how many processes.
    class Concurrency
      # What Lambda allows: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html
      RANGE = (1..1600)
      private_constant :RANGE

      # @return [Integer] invocations at once
      attr_reader :size

      # @param environment [Hash{String => String}]
      # @raise [Error] where it says what is no number
      def initialize(environment = ENV)
        # Lambda sets the first on Managed Instances, whoever tries it elsewhere the second.
        name = %w[AWS_LAMBDA_MAX_CONCURRENCY LAMBY_CONCURRENCY].find { |it| !environment[it].to_s.empty? }
        @size = name ? Integer(environment[name], 10, exception: false) : 1
        return if @size && RANGE.cover?(@size)

        raise Error, "#{name} is #{environment[name].inspect}, and has to be a number of #{RANGE.min} to #{RANGE.max}"
      end

      # @return [Boolean] whether each invocation has the process for itself
      def alone?
        size == 1
      end

      # @param workers [Integer, nil] as of {Config#workers}; nil for one a processor
      # @return [Array<Integer>] how many invocations each process takes; of one process: this one
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
