# frozen_string_literal: true

module Bench
  class Runtime
    # Measures how far twenty large invocations in a row raise the peak of a runtime's memory.
    module Memory
      INVOCATIONS = 20

      module_function

      # Returns bytes: the peak after the large invocations, less the peak after one small invocation.
      def growth(client, small, large)
        peak(client, large, INVOCATIONS) - peak(client, small, 1)
      end

      # A second round keeps the server and the processes busy while their memory is read. AWS's client ends when its
      # server ends.
      def peak(client, workload, invocations)
        client.run(workload, warm_up: 0, rounds: 2, invocations: invocations) do |server, pids|
          server.round
          pids.sum { |pid| high_water(pid) }
        end
      end

      # Returns the largest resident size that the process ever had.
      def high_water(pid)
        Integer(File.read("/proc/#{pid}/status")[/^VmHWM:\s*(\d+) kB/, 1]) * 1024
      end
    end
  end
end
