# frozen_string_literal: true

require "timeout"
require_relative "../runtime/client"
require_relative "../runtime/workload"

module Bench
  class Instructions
    # Counts the instructions of `lamby runtime` for an invocation: the poll, the event, the application, the response.
    module Invocations
      PATH = "http_api_v2/runtime"
      WORKLOAD = Runtime::Workload.new("HTTP API v2, short JSON out", :http_api_v2, :API)

      # `lamby runtime` under valgrind.
      class CountedRuntime < Runtime::LambyRuntime
        NO_GC = File.expand_path("no_gc.rb", __dir__)

        private

        def commands(workload, api)
          environment, ruby, *arguments = super.first
          [[environment, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-file=#{Invocations.log(workload)}",
            ruby, "-r", NO_GC, *arguments]]
        end
      end

      module_function

      # Returns the number of instructions for each invocation.
      def count(warm_up, invocations)
        Runtime::Server.build
        WORKLOAD.open { (run(warm_up + invocations) - run(warm_up)).fdiv(invocations).round }
      end

      # Returns the number of instructions of a process that handles this many invocations. After the last one, the
      # server ends, so the runtime cannot poll any more, and ends too.
      def run(invocations)
        CountedRuntime.new.run(WORKLOAD, warm_up: 0, invocations: invocations) do |server, pids|
          pids.each { |pid| Process.wait(pid) }
          Timeout.timeout(1) { server.round } # Raises an error if the runtime has ended before the last invocation.
        end
        output = File.read(log(WORKLOAD))
        Integer(output[/Collected : (\d+)/, 1] || abort("bench: counting #{PATH} failed:\n#{output}"))
      end

      def log(workload)
        "#{workload.folder}/valgrind.log"
      end
    end
  end
end
