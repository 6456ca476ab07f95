# frozen_string_literal: true

module Lamby
  module Runtime
    # Describes the invocation to the handler. Has all methods of AWS's LambdaContext, and {#trace_id}.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/ruby-context.html
    class Context
      # The context is in a thread variable, because all fibers of a thread belong to the same invocation.
      THREAD_VARIABLE = :lamby_context
      private_constant :THREAD_VARIABLE

      class << self
        # @return [Integer, nil] the id of the process that runs the invocations
        # @api private
        attr_accessor :process

        # @return [Poller, nil] the poller of a process that runs one invocation at a time
        # @api private
        attr_accessor :only_poller

        # @return [Context, nil] the context of the invocation that this thread runs. If the process runs one invocation
        #   at a time, all other threads get the same context
        def current
          Thread.current.thread_variable_get(THREAD_VARIABLE) || only_poller&.context
        end

        # Sets {current} in a thread of a process that runs several invocations at the same time.
        #
        # @param context [Context, nil] nil when the invocation has ended
        # @api private
        def enter(context)
          Thread.current.thread_variable_set(THREAD_VARIABLE, context)
        end
      end

      # @return [String] the invocation's request id
      attr_reader :aws_request_id
      # @return [String, nil] an id that the runtime sends back to Lambda with the response
      # @api private
      attr_reader :invocation_id
      # @return [Integer] the time at which the invocation times out, in milliseconds since 1970
      attr_reader :deadline_ms
      # @return [String, nil] the function's ARN, with a version or an alias if the caller named one
      attr_reader :invoked_function_arn
      # @return [String, nil] X-Ray's trace id
      attr_reader :trace_id
      # @return [String, nil] the tenant's id, if the function has tenant isolation
      attr_reader :tenant_id

      # @return [ResponseStream, nil] the stream, if the response may be streamed
      # @api private
      attr_accessor :response_stream

      # @param invocation [Array] the result of {Client#next}
      # @api private
      def initialize(invocation)
        _event, @aws_request_id, @invocation_id, @deadline_ms, @invoked_function_arn, @trace_id,
          @client_context, @identity, @tenant_id = invocation
        @deadline_ms ||= 0
      end

      # @return [Integer] milliseconds until the invocation times out; 0 after the timeout
      def get_remaining_time_in_millis # rubocop:disable Naming/AccessorMethodName -- AWS's name
        # Lambda's deadline refers to the real-time clock.
        [deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
      end

      # @return [Hash, nil] data about the mobile application that invoked the function
      def client_context
        @client_context = parse(@client_context) if @client_context.is_a?(String)
        @client_context
      end

      # @return [Hash, nil] the Cognito identity of the mobile application's user
      def identity
        @identity = parse(@identity) if @identity.is_a?(String)
        @identity
      end

      # @return [String, nil] the function's name
      def function_name = ENV.fetch("AWS_LAMBDA_FUNCTION_NAME", nil)

      # @return [String, nil] the function's version, or "$LATEST"
      def function_version = ENV.fetch("AWS_LAMBDA_FUNCTION_VERSION", nil)

      # @return [String, nil] the function's memory in megabytes
      def memory_limit_in_mb = ENV.fetch("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", nil)

      # @return [String, nil] the log's group in CloudWatch
      def log_group_name = ENV.fetch("AWS_LAMBDA_LOG_GROUP_NAME", nil)

      # @return [String, nil] the log's stream in CloudWatch
      def log_stream_name = ENV.fetch("AWS_LAMBDA_LOG_STREAM_NAME", nil)

      # @return [Boolean] whether this process was forked from the one that runs the invocation
      # @api private
      def forked?
        process = self.class.process
        !process.nil? && Process.pid != process
      end

      # Registers a block to call after the response is delivered, and before the next poll.
      #
      # @yield after the response
      # @return [void]
      # @api private
      def after_response(&block)
        (@after_response ||= []) << block
      end

      # Calls the blocks of {#after_response}. An exception in one of them cannot fail the invocation any more.
      #
      # @raise [SystemExit, SignalException, NoMemoryError] from a block, because the process must end
      # @api private
      def response_delivered
        return unless (blocks = @after_response)

        @after_response = nil
        blocks.each do |block|
          block.call
        rescue SystemExit, SignalException, NoMemoryError
          raise
        rescue Exception => e # rubocop:disable Lint/RescueException -- the next invocation must be handled
          Logging.report(ErrorReport.new(e), self)
        end
      end

      # @return [String] a description without data of the tenant or the user
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
