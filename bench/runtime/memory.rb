# frozen_string_literal: true

module Bench
  class Runtime
    # Measures by how much twenty large invocations raise the peak of a runtime's memory.
    module Memory
      INVOCATIONS = 20

      module_function

      # Returns the peak after the large invocations minus the peak after one small invocation, in bytes.
      def growth(client, small, large)
        peak(client, large, INVOCATIONS) - peak(client, small, 1)
      end

      # Returns the peak memory of all processes, in bytes. The server waits for a second round, so that it does not end
      # before the memory is read: AWS's client ends when its server ends.
      def peak(client, workload, invocations)
        client.run(workload, warm_up: 0, rounds: 2, invocations: invocations) do |server, pids|
          server.round
          pids.sum { |pid| high_water(pid) }
        end
      end

      # Returns the largest resident size that the process has had, in bytes.
      def high_water(pid)
        Integer(File.read("/proc/#{pid}/status")[/^VmHWM:\s*(\d+) kB/, 1]) * 1024
      end
    end
  end
end
