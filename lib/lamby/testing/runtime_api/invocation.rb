# frozen_string_literal: true

require "timeout"

module Lamby
  module Testing
    class RuntimeAPI
      # An event for the runtime, and the responses and error reports that the runtime sends.
      class Invocation
        # @return [String]
        attr_reader :request_id
        # @return [String] JSON
        attr_reader :event
        # @return [Hash{String => String}] the headers that the runtime gets with the event
        attr_reader :headers
        # @return [Queue<String>] the chunks of a streamed response, as they arrive
        attr_reader :chunks
        # @return [Array<Answer>] all responses and error reports; a correct runtime sends one
        attr_reader :answers

        # @return [Array<Integer>] numbers of the connections that got the event
        # @api private
        attr_reader :handed_to

        # @api private
        def initialize(event, headers)
          @event = event
          @request_id = headers.fetch("Lambda-Runtime-Aws-Request-Id")
          @headers = headers
          @answers = []
          @handed_to = []
          @chunks = Queue.new
          @begun = false
          @first = Queue.new
        end

        # @api private
        attr_writer :begun

        # @return [Boolean] whether a chunk of a streamed response has arrived. Lambda then refuses an error report,
        #   even if the response is incomplete
        # @api private
        def begun? = @begun

        # @api private
        def answer(answer)
          @answers << answer
          @first << answer if @answers.size == 1
        end

        # Waits for the first response or error report.
        #
        # @param seconds [Numeric] the longest wait
        # @return [Answer]
        # @raise [RuntimeError] if nothing has arrived in this time
        def wait(seconds = 20)
          Timeout.timeout(seconds) { @first.pop.tap { |answer| @first << answer } }
        rescue Timeout::Error
          raise "invocation #{request_id} has no response after #{seconds} s"
        end
      end
    end
  end
end
