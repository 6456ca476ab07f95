# frozen_string_literal: true

module Lamby
  module Doctor
    # Compares this machine's Ruby with the image's Ruby.
    class RubyVersion < Check
      def title = "Ruby"

      private

      def results
        here = "Ruby #{RUBY_VERSION}, Lamby #{VERSION}"
        image = surroundings.read(surroundings.dockerfile)[/^FROM \S*ruby:(\d+\.\d+(?:\.\d+)?)/, 1]
        return ok(here) if image.nil? || same?(image)

        warning("#{here}; the image has Ruby #{image}", "use the same Ruby here, or change the first FROM in #{surroundings.dockerfile}")
      end

      def same?(image)
        RUBY_VERSION.split(".").first(2) == image.split(".").first(2)
      end
    end
  end
end
