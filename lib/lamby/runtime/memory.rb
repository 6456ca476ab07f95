# frozen_string_literal: true

module Lamby
  module Runtime
    # Limits the memory that large events and responses leave behind.
    module Memory
      # Length of a large event or response, in bytes. Collecting takes 1 to 4 ms in a Rails application, which is little
      # beside the time for so many bytes.
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
      # waits. Without it, Ruby frees the strings of old events late, because it sweeps only when it needs new objects:
      # twenty echoes of 4.4 MB raise the memory by 80 MB, and with this method by 12 MB.
      #
      # @param bytes [Integer] the length of the event and the response
      # @return [void]
      def self.collect(bytes)
        GC.start(full_mark: false) if bytes > LARGE
      end
    end
  end
end
