# frozen_string_literal: true

require "lamby"
require "lamby/serve/record/series"
require "lamby/serve/record/text"

module Lamby
  module Serve
    # One invocation, for the inspector. {Records} makes it. Its methods may be called from several threads, in any
    # order; they never wait for a browser and never raise.
    #
    # @api private
    class Record
      # The most characters of a title.
      TITLE = 500
      private_constant :TITLE

      # @return [String] the invocation's request id
      attr_reader :id
      # @return [Integer] 1 for the first record of this process
      attr_reader :number
      # @return [Symbol] `:http`, or one of {Config::EVENT_KINDS}
      attr_reader :kind
      # @return [Symbol, nil]
      attr_reader :integration
      # @return [HTTPRequest, nil] the request, without its body; see {#request_body}
      attr_reader :request
      # @return [Text, nil] the parts of the invocation; nil if there is none, or if the record is {#forgotten?}
      attr_reader :event, :request_body, :payload
      # @return [Series]
      attr_reader :chunks, :log_lines
      # @return [Integer, nil] the status that the client got
      attr_reader :status
      # @return [Array<Array(String, String)>, nil] the headers that the client got
      attr_reader :headers
      # @return [Hash, nil] the error that the function reported
      attr_reader :error
      # @return [Symbol, nil] nil while the invocation is in flight
      attr_reader :outcome
      # @return [Integer, nil] the most memory that the environment has used so far, in bytes
      attr_reader :memory
      # @return [Float, nil] milliseconds that the initialization of the environment took, if this was its first invocation
      attr_reader :init_ms
      # @return [Array(Float, Float), nil] begin and end of the initialization for which the invocation waited, in
      #   milliseconds since the record began; nil if the environment was ready before
      attr_reader :initialization
      # @return [Float, nil] time of a change, in milliseconds since the record began
      attr_reader :handed_over_at, :finished_at

      # @param records [Records]
      # @param number [Integer] see {#number}
      # @see Records#start
      def initialize(records, number, id:, kind:, integration:, title:, event:, request:)
        @records = records
        @number = number
        @id = id.to_s
        @kind = kind
        @integration = integration
        @title = text(title.to_s)[0, TITLE]
        @began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        @time = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)
        @event = Text.new(event.to_s)
        @request = request&.dup&.tap { |copy| copy.body = nil }
        @request_body = Text.new(request.body.to_s) if request
        @chunks = Series.new
        @log_lines = Series.new
        @revision = 0
      end

      # Records that an environment took the invocation.
      #
      # @param environment [Integer] the environment's number
      # @param cold [Boolean] whether this is the environment's first invocation
      # @return [void]
      def handed_over(environment:, cold:)
        change do
          @environment = environment
          @cold = cold
          @handed_over_at = age
          wait_for_initialization(environment) if cold
          0
        end
      end

      # Records a chunk of a streamed response.
      #
      # @param bytes [String]
      # @return [void]
      def chunk(bytes)
        change { @chunks.add(age, bytes.to_s, keep: !forgotten?) }
      end

      # Records a line that the function printed during this invocation.
      #
      # @param line [String]
      # @return [void]
      def log(line)
        change { @log_lines.add(age, line.to_s.chomp, keep: !forgotten?) }
      end

      # Records the end of the invocation. A later call changes nothing. If the event of a request was replayed, no client
      # got a status, and the record shows the status that a client would get.
      #
      # @param outcome [Symbol] `:response`, `:error`, `:malformed`, `:timeout`, `:crashed`, `:throttled`, `:too_large`
      #   or `:disconnected`
      # @param status [Integer, nil] the status that the client got
      # @param headers [Array<Array(String, String)>, nil] the headers that the client got
      # @param payload [String, nil] what the function returned
      # @param error [Hash, nil] the error that the function reported
      # @return [void]
      def finish(outcome:, status: nil, headers: nil, payload: nil, error: nil)
        replayed = outcome == :response && status.nil? && payload && @integration && @chunks.count.zero?
        outcome, status, headers, error = would_be(payload) if replayed
        change do
          next 0 if @outcome

          @outcome = outcome
          @finished_at = age
          @status = status
          @headers = headers
          @error = error
          @memory = @records.memory(@environment)
          next 0 if payload.nil?

          text = Text.new(payload.to_s)
          @payload_size = text.size
          next 0 if forgotten?

          @payload = text
          text.bytes.bytesize
        end
      end

      # Removes event, bodies, payload, headers, chunks and log lines, to keep the memory bounded.
      #
      # @return [void]
      def forget
        @forgotten = true
        @revision += 1
        @event_size = @event.size
        @event = @request_body = @request = @payload = @headers = @error = nil
        @chunks.forget
        @log_lines.forget
      end

      # @return [Boolean] whether {#forget} was called
      def forgotten? = !!@forgotten

      # @return [Integer] the bytes that this record keeps when it is new
      def initial_size = @event.bytes.bytesize + (@request_body&.bytes&.bytesize || 0)

      # @return [Integer] the size of the event, in bytes
      def event_size = @event&.size || @event_size

      # @return [Integer, nil] the size of the payload, or of all chunks, in bytes
      def payload_size = @chunks.count.positive? ? @chunks.size : @payload_size

      # @return [Hash{Symbol => Object}] what the page's list shows
      def summary
        {
          id: @id, number: @number, revision: @revision, kind: @kind, integration: @integration, title: @title, time: @time,
          state: state, outcome: @outcome, status: @status, error: error_text, environment: @environment, cold: @cold,
          queued: @handed_over_at, total: @finished_at, chunks: @chunks.count, forgotten: forgotten?
        }.compact
      end

      # @return [Record] a copy that does not change
      def snapshot = @records.synchronize { dup }

      private

      def wait_for_initialization(environment)
        @init_ms = @records.init_ms(environment)
        ready_at = @records.ready_at(environment)
        return unless @init_ms && ready_at && ready_at > @began

        ready = ((ready_at - @began) * 1000).round(3)
        @initialization = [[ready - @init_ms, 0].max, ready]
      end

      def would_be(payload)
        response = Simulator.answer(@integration, payload)
        [:response, response.status, response.headers]
      rescue Lamby::Error => e
        [:malformed, nil, nil, { "errorType" => e.class.to_s, "errorMessage" => e.message }]
      end

      def initialize_copy(other)
        super
        @chunks = @chunks.dup
        @log_lines = @log_lines.dup
      end

      def state
        return :done if @outcome

        @handed_over_at ? :running : :queued
      end

      # The list shows and searches only the beginning of the message.
      def error_text
        return unless @error.is_a?(Hash)

        text("#{@error["errorType"]}: #{@error["errorMessage"]}")[0, 200]
      end

      def text(bytes) = bytes.dup.force_encoding(Encoding::UTF_8).scrub("\uFFFD")

      # Changes this record, and tells the pages. The block returns how many bytes the record keeps in addition.
      def change
        @records.change(self) do
          @revision += 1
          yield
        end
        nil
      end

      # Returns the milliseconds since the record began.
      def age = ((Process.clock_gettime(Process::CLOCK_MONOTONIC) - @began) * 1000).round(3)
    end
  end
end
