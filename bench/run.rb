# frozen_string_literal: true

# Compares this gem with a pure-Ruby adapter, and with another gem if PEER names its lib: see bench/README.md.

require_relative "cases"
require_relative "report"
require_relative "side"

module Bench
  # Runs all cases with all sides, and prints the tables.
  class Run
    LOAD_RUNS = 2
    LOADED = {
      "after rack" => %w[rack],
      "and what AWS's client loads" => %w[rack json logger net/http stringio]
    }.freeze

    def initialize(rounds:, only:, peer:)
      @rounds = rounds
      @cases = Bench.cases(only)
      @load_times = only.nil? || only == "require"
      unless @load_times || @cases.any?
        abort "bench: no case has #{only.inspect} in its name; there are #{CASES.map(&:id).join(", ")}, require"
      end

      @sides = [Side.new("native", [File.expand_path("../lib", __dir__)]), Side.new("pure", [])]
      @sides << Side.new("peer", peer) if peer
      @report = Report.new(@sides, rounds)
    end

    def call
      @report.head
      @cases.group_by(&:way).each do |way, cases|
        @report.section(WAYS.fetch(way))
        cases.each { |it| compare(it) }
      end
      compare_load_times if @load_times
      warn "", *@notes if @notes
    ensure
      @sides.each(&:close)
    end

    private

    def compare(it)
      silent = check(it)
      sides = @sides.reject { |side| silent[side] }
      # Each round begins with a different side.
      @rounds.times { |round| sides.rotate(round).each { |side| side.measure(it.id) } }
      @report.row(it, silent)
    end

    # Checks that all sides do the same work. Aborts if the two adapters of this repository differ. A peer may differ,
    # because it may not support an integration. Returns the peers that differ, and the reasons.
    def check(it)
      native, pure, *peers = @sides.map { |side| [side, side.answer(it.id)] }
      ours = native.last.except("env")
      theirs = pure.last.except("env")
      abort "bench: #{it.id}: Lamby answers #{ours}" unless ours["status"] == 200
      abort "bench: #{it.id}: Lamby answers #{ours}, pure Ruby #{theirs}" unless theirs == ours

      note_env(it, native.last["env"], pure.last["env"])
      peers.to_h.reject { |_, answer| answer.except("env") == ours }.transform_values do |answer|
        answer["error"] || "answers otherwise: status #{answer["status"]}, #{answer["bytes"]} bytes"
      end
    end

    def note_env(it, ours, theirs)
      keys = ((ours.to_a - theirs.to_a) | (theirs.to_a - ours.to_a)).map(&:first).uniq
      return if keys.empty?

      (@notes ||= []) << "bench: #{it.id}: the env of Lamby and of pure Ruby differ in #{keys.join(", ")}"
    end

    def compare_load_times
      times = LOADED.transform_values do |libraries|
        @sides.each { |side| side.load_time(libraries) } # once, so that the files are in memory
        measured = @sides.to_h { |side| [side, []] }
        (@rounds * LOAD_RUNS).times { measured.each { |side, all| all << side.load_time(libraries) } }
        measured
      end
      @report.load_times("require, in a fresh process", times)
    end
  end
end

Bench::Run.new(
  rounds: Integer(ENV.fetch("BENCH_ROUNDS", "5")),
  only: ENV.fetch("BENCH_ONLY", nil),
  peer: ENV["PEER"]&.split(":")&.map { |folder| File.expand_path(folder) }
).call
