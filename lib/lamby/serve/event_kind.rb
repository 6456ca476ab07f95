# frozen_string_literal: true

module Lamby
  module Serve
    # Recognises the kind of an event, as the function does.
    module EventKind
      # @param event [String] JSON
      # @return [Symbol] `:http`, or one of {Config::EVENT_KINDS}
      def self.of(event)
        Lamby.handler(->(_env) { [204, {}, []] }, event, Simulator.context)
        :http
      rescue UnhandledEvent => e
        e.kind || :unknown
      rescue InvalidEvent => e
        e.kind || :http
      rescue Lamby::Error
        :unknown
      end
    end
  end
end
