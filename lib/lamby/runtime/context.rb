# frozen_string_literal: true

module Lamby
  module Runtime
    # What a handler gets beside the event: answers all that AWS's LambdaContext answers,
    # and {#trace_id}.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/ruby-context.html
    class Context
      # A thread runs one invocation at a time, with all its fibers.
      THREAD_VARIABLE = :lamby_context
      private_constant :THREAD_VARIABLE

      class << self
        # @return [Integer, nil] the process that runs the invocations
        # @api private
        attr_accessor :process

        # @return [Context, nil] of the invocation that this thread runs; of any thread, where
        #   the process runs one at a time
        def current
          Thread.current.thread_variable_get(THREAD_VARIABLE) || @only
        end

        # @param context [Context, nil]
        # @param alone [Boolean] whether the process runs one at a time
        # @api private
        def enter(context, alone:)
          return @only = context if alone

          Thread.current.thread_variable_set(THREAD_VARIABLE, context)
        end
      end

      # @return [String] the invocation's id
      attr_reader :aws_request_id
      # @return [String, nil] goes back to Lambda with the answer
      # @api private
      attr_reader :invocation_id
      # @return [Integer] when the invocation times out, in milliseconds since 1970
      attr_reader :deadline_ms
      # @return [String, nil] what was invoked, with a version or an alias where one was named
      attr_reader :invoked_function_arn
      # @return [String, nil] X-Ray's
      attr_reader :trace_id
      # @return [String, nil] of the tenant, of functions with tenant isolation
      attr_reader :tenant_id

      # @return [ResponseStream, nil] where the response may go out piece by piece
      # @api private
      attr_accessor :response_stream

      # @param fields [Array] as Native::RuntimeClient#next returns them, without the event
      # @api private
      def initialize(fields)
        # The response is addressed with these, so nobody may change them.
        fields[0].freeze
        fields[1].freeze
        @aws_request_id, @invocation_id, @deadline_ms, @invoked_function_arn, @trace_id,
          @client_context, @identity, @tenant_id = fields
        @deadline_ms ||= 0
      end

      # @return [Integer] milliseconds until the invocation times out, 0 when it has
      def get_remaining_time_in_millis # rubocop:disable Naming/AccessorMethodName -- AWS's name
        # Lambda's deadline is of the real clock, and so is this.
        [deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
      end

      # @return [Hash, nil] what a mobile application says of itself
      def client_context
        @client_context = parse(@client_context) if @client_context.is_a?(String)
        @client_context
      end

      # @return [Hash, nil] who a mobile application's user is, as Cognito knows
      def identity
        @identity = parse(@identity) if @identity.is_a?(String)
        @identity
      end

      # @return [String, nil]
      def function_name = ENV.fetch("AWS_LAMBDA_FUNCTION_NAME", nil)

      # @return [String, nil]
      def function_version = ENV.fetch("AWS_LAMBDA_FUNCTION_VERSION", nil)

      # @return [String, nil] of megabytes
      def memory_limit_in_mb = ENV.fetch("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", nil)

      # @return [String, nil]
      def log_group_name = ENV.fetch("AWS_LAMBDA_LOG_GROUP_NAME", nil)

      # @return [String, nil]
      def log_stream_name = ENV.fetch("AWS_LAMBDA_LOG_STREAM_NAME", nil)

      # @return [Boolean] whether this process was forked from the one that runs the invocation
      # @api private
      def forked?
        process = self.class.process
        !process.nil? && Process.pid != process
      end

      # Has something done when the response was delivered, before the next invocation is asked for.
      #
      # @yield then
      # @return [void]
      # @api private
      def after_response(&block)
        (@after_response ||= []) << block
      end

      # Calls the blocks of {#after_response}. An exception in one of them cannot fail the invocation any more.
      #
      # @raise [SystemExit, SignalException, NoMemoryError] because the process must end then
      # @api private
      def response_delivered
        blocks = @after_response
        @after_response = nil
        blocks&.each do |block|
          block.call
        rescue SystemExit, SignalException, NoMemoryError
          raise
        rescue Exception => e # rubocop:disable Lint/RescueException -- the next invocation must be handled
          Log.failure(Failure.new(e), self)
        end
      end

      # @return [String] not what a tenant or a user is
      def inspect
        "#<#{self.class} #{aws_request_id}>"
      end

      private

      def parse(json)
        require "json"
        JSON.parse(json)
      end
    end
  end
end
