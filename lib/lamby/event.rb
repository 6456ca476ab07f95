# frozen_string_literal: true

module Lamby
  # An event that came as JSON bytes: reads like the Hash of AWS's client, and is
  # parsed only when it is first read. In the env as `lambda.event`.
  class Event
    # @param event [Hash, String, Event]
    # @return [Hash, Event] what reads like a Hash
    def self.wrap(event)
      event.is_a?(String) ? new(event) : event
    end

    # @param json [String] a JSON object
    def initialize(json)
      @json = json
    end

    # @return [Hash] the event, parsed once
    def to_h
      @to_h ||= begin
        require "json"
        JSON.parse(@json)
      end
    end
    alias to_hash to_h

    # @param key [String] a field's name
    # @return [Object, nil]
    def [](key)
      to_h[key]
    end

    # @return [String] the bytes as they came
    def to_json(*)
      @json
    end

    # @return [Boolean] whether the other one reads the same
    def ==(other)
      other.respond_to?(:to_hash) && to_h == other.to_hash
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{to_h.inspect}>"
    end

    private

    def method_missing(name, ...)
      to_h.respond_to?(name) ? to_h.public_send(name, ...) : super
    end

    def respond_to_missing?(name, include_private = false)
      Hash.public_method_defined?(name) || super
    end
  end
end
