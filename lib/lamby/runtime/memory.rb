# frozen_string_literal: true

module Lamby
  module Runtime
    # Limits how much memory the process keeps after large events and responses.
    module Memory
      # Length from which an event and its response count as large, in bytes. A garbage collection takes 1 to 4 ms in a
      # Rails application, which is short compared with the time that so many bytes take.
      LARGE = 1_000_000
      # The user's own settings of the C library's allocator, which Lamby does not change.
      # https://man7.org/linux/man-pages/man3/mallopt.3.html
      SETTINGS = %w[MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_ GLIBC_TUNABLES].freeze
      private_constant :LARGE, :SETTINGS

      # Configures the C library's allocator for large events, unless the environment configures it.
      #
      # @return [void]
      def self.configure
        Native.keep_freed_memory unless SETTINGS.any? { |name| ENV.key?(name) }
      end

      # Frees an invocation's garbage if the invocation was large. Call it after the response is sent, when no client
      # waits. Otherwise Ruby frees the strings of old events late, because it sweeps only when it needs new objects.
      # For example, twenty echoes of 4.4 MB raise the memory by 80 MB without this method, and by 12 MB with it.
      #
      # @param bytes [Integer] the length of the event and the response
      # @return [void]
      def self.collect(bytes)
        GC.start(full_mark: false) if bytes > LARGE
      end
    end
  end
end
