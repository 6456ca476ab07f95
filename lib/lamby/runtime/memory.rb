# frozen_string_literal: true

module Lamby
  module Runtime
    # Limits how much memory the process keeps after large events and responses.
    module Memory
      # If an event and its response together have more bytes than this, the invocation is large. A garbage collection
      # takes 1 to 4 ms in a Rails application, which is little compared with the duration of such an invocation.
      LARGE = 1_000_000
      # Environment variables that configure the C library's allocator. If one of them is set, Lamby does not configure
      # the allocator. https://man7.org/linux/man-pages/man3/mallopt.3.html
      SETTINGS = %w[MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_ GLIBC_TUNABLES].freeze
      private_constant :SETTINGS

      # Configures the C library's allocator for large events, unless the environment configures it.
      #
      # @return [void]
      def self.configure
        Native.keep_freed_memory unless SETTINGS.any? { |name| ENV.key?(name) }
      end

      # Frees the garbage of a {LARGE} invocation. Call it after the response is sent, when no client waits. Without this
      # call, Ruby frees the strings of old events late, because it sweeps only when it needs new objects. For example,
      # twenty requests that echo a body of 4.4 MB raise the memory by 80 MB without this method, and by 12 MB with it.
      #
      # @return [void]
      def self.collect
        GC.start(full_mark: false)
      end
    end
  end
end
