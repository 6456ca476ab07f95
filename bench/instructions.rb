# frozen_string_literal: true

# Counts the processor's instructions for each event and each invocation, and compares them with
# bench/instructions.json: see bench/README.md. UPDATE=1 writes the file.

require "open3"
require "rbconfig"
require_relative "instructions/invocations"
require_relative "instructions/kept"
require_relative "instructions/paths"

module Bench
  # Runs all paths under valgrind, then again with more events of one path. The difference between the two runs has only
  # the instructions of these events, not those of the start. {Invocations} counts those of `lamby runtime` in the same
  # way.
  class Instructions
    WARM_UP = 20
    EVENTS = 300
    # A count that changes by more than this fraction is marked. Ruby's random hash seed and the addresses of objects
    # can cause smaller changes.
    NOTABLE = 0.03
    LIBRARY = File.expand_path("../lib", __dir__)
    LOOP = File.expand_path("instructions/loop.rb", __dir__)
    ROW = "%-24s%14s%14s%10s  %s"

    def initialize(update:)
      @update = update
      @kept = Kept.new
    end

    def call
      check_valgrind
      puts "Instructions for each event or invocation, #{Kept::PLATFORM}", "", format(ROW, "", "now", "kept", "change", "").rstrip
      start = run
      counts = PATHS.keys.to_h { |path| [path, show(path, (run(path, EVENTS.to_s) - start).fdiv(EVENTS).round)] }
      counts[Invocations::PATH] = show(Invocations::PATH, Invocations.count(WARM_UP, EVENTS))
      puts "", "Marked counts changed by more than #{(NOTABLE * 100).round} %. UPDATE=1 rake bench:instructions keeps the new counts."
      @kept.write(counts) if @update
    end

    private

    def check_valgrind
      return if system("valgrind", "--version", out: File::NULL, err: File::NULL)

      abort "bench: valgrind is missing. It counts the instructions: install Debian's package valgrind, then run this again."
    end

    # Returns the number of instructions of a process that handles the warm-up events, then further events of a path.
    def run(*further)
      output, status = Open3.capture2e("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                       RbConfig.ruby, "-I", LIBRARY, LOOP, WARM_UP.to_s, *further)
      collected = output[/Collected : (\d+)/, 1]
      abort "bench: counting #{further.first || "the start"} failed:\n#{output}" unless status.success? && collected

      Integer(collected)
    end

    # Prints a count beside the kept count, and returns it.
    def show(path, count)
      puts row(path, count)
      count
    end

    def row(path, count)
      move = @kept.move(path, count)
      mark = move && move.abs > NOTABLE ? "changed" : ""
      format(ROW, path, thousands(count), thousands(@kept.counts[path]), move ? format("%+.1f %%", move * 100) : "new", mark).rstrip
    end

    def thousands(number)
      number.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ",")
    end
  end
end

Bench::Instructions.new(update: ENV.key?("UPDATE")).call
