# frozen_string_literal: true

module Lamby
  # An event that came as JSON bytes. It has the methods of the Hash that AWS's client would pass. The bytes are parsed
  # when one of these methods is first called. An application finds the event in its env as `lambda.event`.
  class Event
    # Returns an event in a form that can be read like a Hash.
    #
    # @param event [Hash, String, Event]
    # @return [Hash, Event, Object] a Hash or an {Event}. The JSON of a direct invocation may also be another value,
    #   such as an Array or a number
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

    # @return [Hash] the event. It is parsed only once
    def to_h
      @to_h ||= begin
        require "json"
        JSON.parse(@json)
      end
    end
    alias to_hash to_h

    # @return [Hash, String] the form that the native extension reads: the Hash if the event is parsed already,
    #   otherwise the bytes
    # @api private
    def content
      @to_h || @json
    end

    # Parses the event first, because a frozen event could not be parsed later.
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

    # @return [String] the event's original bytes. If the event is parsed already, the JSON of its Hash, because a
    #   handler may have changed the Hash
    def to_json(*)
      @to_h ? @to_h.to_json : @json
    end

    # @return [String] the Hash's `to_s`
    def to_s
      to_h.to_s
    end

    # @return [Boolean] whether the other object's `to_hash` returns an equal Hash
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
