# frozen_string_literal: true

require "ffi"
require "lamby/version"

module Lamby
  module Native
    # The functions of liblamby that Lamby calls. The comments in ext/capi/include/lamby.h describe them.
    module Library
      extend ::FFI::Library

      MAJOR = VERSION[/\A\d+/]
      private_constant :MAJOR

      begin
        ffi_lib ENV.fetch("LIBLAMBY") { ::FFI::Platform.mac? ? "liblamby.#{MAJOR}.dylib" : "liblamby.so.#{MAJOR}" }
      rescue LoadError => e
        raise LoadError, "Lamby cannot load liblamby, which it needs on #{RUBY_ENGINE}: #{e.message}. Install liblamby, or set " \
                         "LIBLAMBY to the path of the library. 'rake capi' builds it"
      end

      # Bytes that belong to liblamby.
      class Slice < ::FFI::Struct
        layout :data, :pointer, :length, :size_t

        # @return [String] a copy of the bytes, in binary
        def to_s
          length = self[:length]
          length.zero? ? String.new : self[:data].read_bytes(length)
        end
      end

      # A String is passed as `:buffer_in`, because it may contain NUL bytes, which the type `:string` refuses.
      BYTES = %i[buffer_in size_t].freeze
      private_constant :BYTES

      attach_function :lamby_version, [], :string
      attach_function :lamby_message, [], :string
      attach_function :lamby_request_read, [*BYTES, *BYTES, :pointer], :int
      attach_function :lamby_request_env, %i[pointer pointer], :int
      attach_function :lamby_request_body, %i[pointer pointer], :int
      attach_function :lamby_request_integration, %i[pointer pointer], :int
      attach_function :lamby_request_free, [:pointer], :void
      attach_function :lamby_event_source, [*BYTES, :pointer], :int
      attach_function :lamby_response_write, [:pointer, :int, *BYTES, *BYTES, :pointer], :int
      attach_function :lamby_buffer_view, %i[pointer pointer], :int
      attach_function :lamby_buffer_free, [:pointer], :void

      # These functions wait for the Runtime API. In CRuby, other threads run meanwhile.
      attach_function :lamby_runtime_next, %i[pointer pointer], :int, blocking: true
      attach_function :lamby_runtime_respond, [:pointer, *BYTES], :int, blocking: true
      attach_function :lamby_runtime_report_error, %i[pointer pointer], :int, blocking: true
      attach_function :lamby_runtime_stream_begin, [:pointer, :pointer, :int, *BYTES], :int, blocking: true
      attach_function :lamby_runtime_stream_write, [:pointer, *BYTES], :int, blocking: true
      attach_function :lamby_runtime_stream_end, %i[pointer pointer], :int, blocking: true
      attach_function :lamby_runtime_open, [*BYTES, *BYTES, :pointer], :int
      attach_function :lamby_runtime_stream_abort, [:pointer], :int
      attach_function :lamby_runtime_interrupt, [:pointer], :int
      attach_function :lamby_runtime_close, [:pointer], :void

      unless lamby_version.start_with?("#{MAJOR}.")
        raise LoadError, "Lamby #{VERSION} needs version #{MAJOR} of liblamby, and found #{lamby_version}. Install this version, or " \
                         "set LIBLAMBY to its path"
      end

      class << self
        # Calls a function that fills a slice.
        #
        # @param function [Symbol]
        # @param arguments [Array] the arguments before the slice
        # @return [String] a copy of the bytes, in binary
        # @raise [Exception] see {Status}
        def bytes(function, *arguments)
          slice = Slice.new
          check(public_send(function, *arguments, slice))
          slice.to_s
        end

        # Calls a function that makes an object.
        #
        # @param function [Symbol]
        # @param arguments [Array] the arguments before the place for the object's handle
        # @return [FFI::Pointer] the object's handle
        # @raise [Exception] see {Status}
        def handle(function, *arguments)
          place = ::FFI::MemoryPointer.new(:pointer)
          check(public_send(function, *arguments, place))
          place.read_pointer
        end

        # @param status [Integer] the result of a function
        # @return [void]
        # @raise [Exception] the exception for the status, see {Status}
        def check(status)
          raise Status.exception(status, message) unless status == Status::OK
        end

        # @return [String] why the last function that failed in this thread failed
        def message
          lamby_message.dup.force_encoding(Encoding::UTF_8)
        end
      end
    end
  end
end
