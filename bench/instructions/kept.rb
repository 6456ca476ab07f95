# frozen_string_literal: true

require "json"
require "rbconfig"

module Bench
  class Instructions
    # The counts in bench/instructions.json, for each version of Ruby and each processor, because they depend on both.
    class Kept
      FILE = File.expand_path("../instructions.json", __dir__)
      PLATFORM = "Ruby #{RUBY_VERSION[/\d+\.\d+/]}, #{RbConfig::CONFIG["host_cpu"]}".freeze

      attr_reader :counts

      def initialize(file = FILE, platform: PLATFORM)
        @file = file
        @platform = platform
        @all = File.exist?(file) ? JSON.parse(File.read(file)) : {}
        @counts = @all.fetch(platform, {})
      end

      # Returns by how much a count differs from the kept count, as a fraction, or nil if no count is kept.
      def move(path, count)
        kept = @counts[path]
        (count - kept).fdiv(kept) if kept
      end

      # Replaces the counts of this platform. The counts of other platforms stay.
      def write(counts)
        @all = @all.merge(@platform => counts).sort.to_h
        File.write(@file, "#{JSON.pretty_generate(@all)}\n")
      end
    end
  end
end
