# frozen_string_literal: true

module Lamby
  module Serve
    class Records
      # Reads how much memory a process has used at most.
      #
      # @api private
      module PeakMemory
        # @param pid [Integer, nil]
        # @return [Integer, nil] bytes; nil if there is no such process, or if the system is not Linux
        # @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
        def self.of(pid)
          kilobytes = File.read("/proc/#{pid}/status")[/^VmHWM:\s+(\d+) kB/, 1] if pid
          kilobytes.to_i * 1024 if kilobytes
        rescue SystemCallError
          nil
        end
      end
    end
  end
end
