# frozen_string_literal: true

module Bench
  class Runtime
    # Uses strace to count the system calls of an invocation. Subtracts the calls of a short run from those of a long
    # run, so that the calls of the start do not count.
    module SystemCalls
      SHORT = 200
      LONG = 1_200
      # The columns of strace: share, seconds, microseconds for each call, calls, errors (if there are any), name.
      ROW = /^ *[\d.]+ +[\d.]+ +\d+ +(?<calls>\d+) +(?:\d+ +)?(?<name>\w+)$/

      module_function

      def available?
        system("strace", "-V", out: File::NULL, err: File::NULL)
      end

      # Returns how often an invocation makes each system call, by name. Leaves out calls that few invocations make.
      def of(client, workload)
        short, long = [SHORT, LONG].map { |invocations| count(client, workload, invocations) }
        each = long.to_h { |name, calls| [name, (calls - short.fetch(name, 0)).fdiv(LONG - SHORT).round(2)] }
        each.select { |_, calls| calls >= 0.05 }.sort_by { |_, calls| -calls }.to_h
      end

      # With -D, the traced process is a child of the benchmark, and strace ends after it. Each strace writes its own
      # file, whose name has the id of the process (`$$`).
      def count(client, workload, invocations)
        wrapper = ["sh", "-c", 'exec strace -D -f -c -o "strace.$$" "$@"', "sh"]
        pids = nil
        client.run(workload, warm_up: 0, invocations: invocations, wrapper: wrapper) do |server, started|
          pids = started
          server.round
        end
        pids.flat_map { |pid| rows("#{workload.folder}/strace.#{pid}") }.group_by(&:first).transform_values { |all| all.sum(&:last) }
      end

      def rows(file)
        written = wait_for(file).scan(ROW).map { |calls, name| [name, Integer(calls)] }
        File.delete(file)
        written.reject { |name,| name == "total" }
      end

      # Waits until strace has written its last line.
      def wait_for(file)
        100.times do
          text = File.exist?(file) ? File.read(file) : ""
          return text if text.match?(/ total$/)

          sleep 0.05
        end
        abort "bench: strace has written no summary to #{file}"
      end
    end
  end
end
