# frozen_string_literal: true

module Lamby
  module Native
    # The struct `lamby_invocation` of liblamby: an invocation, and its event.
    class Invocation < ::FFI::Struct
      layout :size, :size_t, :event, Library::Slice, :request_id, Library::Slice, :invocation_id, Library::Slice,
             :deadline_ms, :uint64, :function_arn, Library::Slice, :trace_id, Library::Slice,
             :client_context, Library::Slice, :cognito_identity, Library::Slice, :tenant_id, Library::Slice

      def initialize
        super
        self[:size] = size
      end

      # @return [Array] copies of the fields, see {Runtime::Client#next}
      def to_a
        deadline = self[:deadline_ms]
        [
          text(:event), text(:request_id).freeze, optional(:invocation_id).freeze, deadline.zero? ? nil : deadline, optional(:function_arn),
          optional(:trace_id), optional(:client_context), optional(:cognito_identity), optional(:tenant_id)
        ]
      end

      private

      def text(field) = self[field].to_s.force_encoding(Encoding::UTF_8)

      def optional(field)
        text = text(field)
        text unless text.empty?
      end
    end
  end
end
