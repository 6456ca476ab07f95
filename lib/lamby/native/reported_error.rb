# frozen_string_literal: true

module Lamby
  module Native
    # The struct `lamby_error` of liblamby: an error of the application.
    class ReportedError < ::FFI::Struct
      layout :size, :size_t, :error_type, Library::Slice, :message, Library::Slice, :stack_trace, Library::Slice

      # @param type [String] such as "Function.ZeroDivisionError"
      # @param json [String] the report of {Runtime::ErrorReport}. liblamby sends its message and its stack trace
      def initialize(type, json)
        super()
        report = JSON.parse(json)
        self[:size] = size
        @bytes = { error_type: type, message: report["errorMessage"].to_s, stack_trace: Array(report["stackTrace"]).join("\n") }
                 .map { |field, text| fill(self[field], text.b) }
      end

      private

      # Fills a slice, and returns the memory, which must live as long as the struct.
      def fill(slice, text)
        memory = ::FFI::MemoryPointer.new(:char, [text.bytesize, 1].max)
        memory.put_bytes(0, text)
        slice[:data] = memory
        slice[:length] = text.bytesize
        memory
      end
    end
  end
end
