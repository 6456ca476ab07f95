# frozen_string_literal: true

module Lamby
  # An event that came as JSON bytes: reads like the Hash of AWS's client, and is
  # parsed only when it is first read. In the env as `lambda.event`.
  class Event
    # @param event [Hash, String, Event]
    # @return [Hash, Event] what reads like a Hash; what else JSON may be, of a direct invocation, as it is
    def self.wrap(event)
      return event unless event.is_a?(String)
      return new(event) if event.getbyte(0) == 0x7b || event.b.match?(/\A\s*\{/n)

      require "json"
      JSON.parse(event)
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

    # @return [Hash, String] the event for the native extension: its bytes, as long as nothing has read it
    # @api private
    def content
      @to_h || @json
    end

    # Parses the event, and then freezes it, so that it can still be read.
    #
    # @return [self]
    def freeze
      to_h
      super
    end

    # @param key [String] a field's name
    # @return [Object, nil]
    def [](key)
      to_h[key]
    end

    # @see Hash
    def []=(key, value)
      to_h[key] = value
    end

    # @see Hash
    def dig(...) = to_h.dig(...)

    # @see Hash
    def fetch(...) = to_h.fetch(...)

    # @see Hash
    def key?(key) = to_h.key?(key)

    # @see Hash
    def each(&) = to_h.each(&)

    # @return [String] the bytes as they came, or what the event is since it was read: a handler
    #   may have changed it
    def to_json(*)
      @to_h ? @to_h.to_json : @json
    end

    # @return [String] as of a Hash
    def to_s
      to_h.to_s
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

    def initialize_copy(other)
      super
      @to_h = @to_h.dup
    end

    def method_missing(name, ...)
      to_h.respond_to?(name) ? to_h.public_send(name, ...) : super
    end

    def respond_to_missing?(name, include_private = false)
      Hash.public_method_defined?(name) || super
    end
  end
end
