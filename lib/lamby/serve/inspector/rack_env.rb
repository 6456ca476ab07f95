# frozen_string_literal: true

require "lamby"

module Lamby
  module Serve
    class Inspector
      # Converts an event to the Rack env that the application gets. The conversion is Lamby's own.
      #
      # @api private
      module RackEnv
        # What the page shows in place of objects.
        OBJECTS = {
          "rack.errors" => "(standard error)", "lambda.event" => "(the event)", "lambda.context" => "(the context of the invocation)"
        }.freeze
        # The most characters of an object that the page shows.
        LONGEST = 300
        private_constant :OBJECTS, :LONGEST

        class << self
          # @param event [String] JSON
          # @param request_id [String]
          # @return [Hash{Symbol => Object}] `entries`, the names and values, and `milliseconds`, the time that the
          #   conversion took; or `problem`, the message of the exception if the event is not a request
          def of(event, request_id)
            context = Simulator.context.tap { |it| it.aws_request_id = request_id }
            # The first conversion takes longer, because it loads code.
            conversions = Array.new(3) { convert(event, context) }
            env, = conversions.last
            { entries: env.sort.map { |name, value| [name, show(name, value)] }, milliseconds: conversions.map(&:last).min.round(3) }
          rescue Lamby::Error, JSON::ParserError => e
            { problem: e.message }
          end

          private

          # Returns the env, and the milliseconds that the conversion took.
          def convert(event, context)
            env = finished = nil
            started = now
            application = lambda do |converted|
              finished = now
              env = converted
              [204, {}, []]
            end
            Lamby.handler(application, event, context)
            [env, (finished - started) * 1000]
          end

          def show(name, value)
            return value if value.is_a?(String)
            return "(the body, #{value.size} bytes)" if name == "rack.input" && value.respond_to?(:size)

            OBJECTS[name] || value.inspect[0, LONGEST]
          end

          def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
