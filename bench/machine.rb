# frozen_string_literal: true

require_relative "side"

module Bench
  # Describes where a benchmark ran.
  module Machine
    module_function

    def processor
      File.read("/proc/cpuinfo")[/^model name\s*: (.*)/, 1] || RUBY_PLATFORM
    rescue SystemCallError
      RUBY_PLATFORM
    end

    def pinned
      Side::PIN.empty? ? "not pinned, because taskset is missing" : "pinned to core #{Side::PIN.last}"
    end
  end
end
