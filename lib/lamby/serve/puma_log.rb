# frozen_string_literal: true

module Lamby
  module Serve
    # The IO object to which Puma writes its errors. A malformed request is a part of them, so Console prints them.
    class PumaLog
      # @param console [Console]
      def initialize(console)
        @console = console
      end

      # @param text [String]
      # @return [void]
      def puts(text) = @console.warn(text.to_s.chomp)
      alias write puts

      # @return [Boolean] true, so that Puma need not call `flush`
      def sync = true
    end
  end
end
