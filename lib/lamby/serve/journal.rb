# frozen_string_literal: true

module Lamby
  module Serve
    # Reports to the terminal and to the inspector what happens to the execution environments.
    class Journal
      # @param console [Console]
      # @param records [Records]
      def initialize(console, records)
        @console = console
        @records = records
      end

      # @param environment [Environment]
      def starting(environment)
        @records.environment(number: environment.number, state: :starting, pid: environment.pid)
      end

      # @param environment [Environment]
      # @param seconds [Float] how long the initialization took
      def started(environment, seconds)
        @records.environment(number: environment.number, state: :ready, init_ms: (seconds * 1000).round(1))
        @console.started(environment, seconds)
      end

      # @param environment [Environment]
      # @param failure [Outcome, nil] why the initialization failed
      def ended(environment, failure)
        state = failure ? :failed : :stopped
        @records.environment(number: environment.number, state: state, message: failure&.summary, log: failure&.log)
        @console.ended(environment, failure)
      end

      # @param environment [Environment]
      # @param call [Call, nil] the invocation in flight
      # @param text [String] a line that the process has printed
      def line(environment, call, text)
        call&.add_log(text)
        @console.line(environment, text)
      end

      # @param text [String] what needs attention
      def warn(text) = @console.warn(text)
    end
  end
end
