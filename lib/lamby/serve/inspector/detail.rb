# frozen_string_literal: true

require "lamby"
require "lamby/serve/inspector/limits"
require "lamby/serve/inspector/rack_env"

module Lamby
  module Serve
    class Inspector
      # Describes one record with everything that the page shows.
      #
      # @api private
      class Detail
        # @param record [Record]
        # @param memory [Integer, nil] the function's memory, in MB
        def initialize(record, memory)
          @record = record
          @memory = memory
        end

        # @return [Hash{Symbol => Object}]
        def to_h
          {
            **@record.summary,
            request: request, event: @record.event&.to_h, env: env, response: response, payload: @record.payload&.to_h,
            stream: (@record.chunks.to_h if @record.chunks.count.positive?), log: @record.log_lines.to_h,
            failure: @record.error, timeline: timeline, sizes: Limits.of(@record), billing: billing
          }.compact
        end

        private

        def request
          request = @record.request or return
          {
            method: request.method, url: request.url, headers: pairs(request.headers), body: @record.request_body.to_h,
            source_ip: request.source_ip
          }
        end

        def env
          RackEnv.of(@record.event.bytes, @record.id) if @record.event&.whole? && @record.kind == :http
        end

        def response
          return if @record.status.nil? && @record.headers.nil?

          { status: @record.status, headers: pairs(@record.headers), body: body&.to_h }
        end

        # Returns the body that the client got.
        def body
          return Record::Text.new(content(@record.chunks.bytes)) if @record.chunks.count.positive?
          return unless @record.outcome == :response && @record.payload&.whole? && @record.integration

          Record::Text.new(Simulator.answer(@record.integration, @record.payload.bytes).body)
        rescue Lamby::Error # The payload is not a response.
          nil
        end

        # Returns a streamed response without its status and headers, which may be in the first chunk.
        # https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
        def content(bytes)
          head, separator, content = bytes.partition("\0" * 8)
          !separator.empty? && head.start_with?("{") ? content : bytes
        end

        def pairs(headers)
          headers.to_a.flat_map { |name, values| Array(values).map { |value| [name.to_s, value.to_s] } }
        end

        # Returns the phases of the invocation, with their times in milliseconds since the request arrived.
        def timeline
          taken = @record.handed_over_at || @record.finished_at or return []
          finished = @record.finished_at
          from, ready = @record.initialization || [taken, taken]
          first = @record.chunks.first_at
          [
            phase(:queue, 0, from),
            phase(:initialization, from, ready),
            phase(:function, ready, first || finished),
            (phase(:stream, first, finished) if first)
          ].compact
        end

        def phase(name, from, to)
          { name: name, from: from, to: to } unless to && to <= from && name != :function
        end

        # Lambda bills the duration in steps of 1 ms, with the initialization.
        # https://aws.amazon.com/lambda/pricing/
        # https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
        def billing
          return unless @record.handed_over_at && @record.finished_at

          duration = @record.finished_at - @record.handed_over_at
          billed = (duration + (@record.init_ms || 0)).ceil
          {
            duration: duration.round(3), init: @record.init_ms, billed: billed, memory: @memory, used: @record.memory,
            gigabyte_seconds: (@memory && (billed / 1000.0 * @memory / 1024).round(6))
          }.compact
        end
      end
    end
  end
end
