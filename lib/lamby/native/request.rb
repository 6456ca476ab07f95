# frozen_string_literal: true

module Lamby
  module Native
    # A request that liblamby has read from an event.
    class Request
      # @param json [String] the event
      # @param id [String, nil] the invocation's request id
      # @raise [InvalidEvent, UnhandledEvent]
      def initialize(json, id = nil)
        id ||= ""
        @handle = Library.handle(:lamby_request_read, json, json.bytesize, id, id.bytesize)
      rescue EventError => e
        raise Request.with_kind(e, json)
      end

      # @return [FFI::Pointer]
      attr_reader :handle

      # Frees the request. Afterwards, nothing may use it. Lamby does not leave this to the garbage collector, because the
      # collector does not know how much memory a request takes.
      #
      # @return [void]
      def free
        Library.lamby_request_free(@handle)
      end

      # Adds the request's pairs to an env.
      #
      # @param env [Hash]
      # @return [void]
      def write_to(env)
        # Without `chomp`, the last value would be followed by an empty text. Without -1, an empty last value would be lost.
        Library.bytes(:lamby_request_env, @handle).chomp("\0").split("\0", -1).each_slice(2) { |key, value| env[key] = value }
      end

      # @return [String] bytes
      def body = Library.bytes(:lamby_request_body, @handle)

      # @return [Symbol] the integration that sent the event
      def integration = Library.bytes(:lamby_request_integration, @handle).to_sym

      class << self
        # Returns the exception for an event that is not a request, with the kind of event.
        #
        # @param error [EventError]
        # @param json [String] the event
        # @return [EventError]
        # @api private
        def with_kind(error, json)
          kind = Library.bytes(:lamby_event_source, json, json.bytesize)
          kind = kind.empty? ? nil : kind.to_sym
          message = error.message
          if error.is_a?(UnhandledEvent)
            message += ". Handle it with Lamby.config.on(:#{kind || :unknown}) { |event, context| ... }, " \
                       "or point its trigger at another function"
          end
          error.class.new(message, kind)
        end
      end
    end
  end
end
