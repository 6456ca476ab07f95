# frozen_string_literal: true

require_relative "../side"

module Bench
  class Runtime
    # The Runtime API of the benchmark, in Rust. It sends the same event again and again, and prints a line after each
    # round of invocations.
    class Server
      FOLDER = File.expand_path("../runtime_api", __dir__)
      TARGET = File.expand_path("../target", __dir__)
      PROGRAM = File.join(TARGET, "release", "lamby-bench-runtime-api")

      def self.build
        system({ "CARGO_TARGET_DIR" => TARGET }, "cargo", "build", "--release", "--quiet",
               "--manifest-path", "#{FOLDER}/Cargo.toml", exception: true)
      end

      attr_reader :address

      def initialize(event, warm_up:, rounds:, invocations:)
        @output = IO.popen([*Side::PIN, PROGRAM, "serve", event, *[warm_up, rounds, invocations].map(&:to_s)])
        @address = "127.0.0.1:#{@output.gets.strip}"
      end

      # Waits for the end of a round, and returns the microseconds for each invocation. If a chunk contains the time of
      # its write, yields the microseconds from this time until the chunk arrived.
      def round
        while (line = @output.gets)&.start_with?("delay")
          yield line.split.last.to_f if block_given?
        end
        Float(line || abort("bench: the server ended before the end of the round"))
      end

      # Ends the server, even before its last round.
      def close
        Process.kill("KILL", @output.pid)
        @output.close
      end
    end
  end
end
