# frozen_string_literal: true

# Compares this gem with a pure-Ruby adapter, and with another gem if PEER names its lib: see bench/README.md. With the
# argument `growth`, it runs the cases of GROWTH instead, in which one part of the event or the response grows.

require_relative "cases"
require_relative "figures"
require_relative "results"
require_relative "side"
require_relative "tables"

module Bench
  # Runs all cases with all sides, and prints the tables.
  class Run
    LOAD_RUNS = 2
    LOADED = {
      "after rack" => %w[rack],
      "after AWS's client" => %w[rack json logger net/http stringio]
    }.freeze

    def initialize(growth:, rounds:, only:, peer:)
      @growth = growth
      @rounds = rounds
      @only = only
      all = growth ? GROWTH : CASES
      @cases = Bench.select(all, only)
      @load_times = !growth && (only.nil? || only == "require")
      unless @load_times || @cases.any?
        abort "bench: no case has #{only.inspect} in its name; there are #{all.map(&:id).join(", ")}, require"
      end

      @sides = [Side.new("native", [File.expand_path("../lib", __dir__)]), Side.new("pure", [])]
      @sides << Side.new("peer", peer) if peer
      @tables = Tables.new(@sides, rounds)
    end

    def call
      @tables.head
      compared = @cases.group_by(&:way).flat_map do |way, cases|
        @tables.section(WAYS.fetch(way))
        cases.map { |it| compare(it) }
      end
      loads = @load_times ? compare_load_times : []
      warn "", *@notes if @notes
      Results.write(@growth ? "growth" : "events", results(compared, loads)) unless @only
    ensure
      @sides.each(&:close)
    end

    private

    def compare(it)
      silent = check(it)
      sides = @sides.reject { |side| silent[side] }
      # Each round begins with a different side.
      @rounds.times { |round| sides.rotate(round).each { |side| side.measure(it.id) } }
      by_side = @sides.to_h { |side| [side, silent[side] || Figures.of(side, @sides.first, it.id)] }
      @tables.row(it.title, by_side)
      { id: it.id, title: it.title, way: it.way, sides: titled(by_side) }
    end

    # Checks that all sides return the same response. Aborts if the responses of Lamby and of the pure-Ruby adapter
    # differ. A peer may return another response, for example because it does not support the integration. Returns the
    # peers whose responses differ from Lamby's, each with the reason.
    def check(it)
      native, pure, *peers = @sides.map { |side| [side, side.answer(it.id)] }
      ours = native.last.except("env")
      theirs = pure.last.except("env")
      abort "bench: #{it.id}: Lamby returns #{ours}" unless ours["status"] == 200
      abort "bench: #{it.id}: Lamby returns #{ours}, pure Ruby returns #{theirs}" unless theirs == ours

      note_env(it, native.last["env"], pure.last["env"])
      peers.to_h.reject { |_, answer| answer.except("env") == ours }.transform_values do |answer|
        answer["error"] || "returns another response: status #{answer["status"]}, #{answer["bytes"]} bytes"
      end
    end

    def note_env(it, ours, theirs)
      keys = ((ours.to_a - theirs.to_a) | (theirs.to_a - ours.to_a)).map(&:first).uniq
      return if keys.empty?

      (@notes ||= []) << "bench: #{it.id}: the env of Lamby and of pure Ruby differ in #{keys.join(", ")}"
    end

    def compare_load_times
      @tables.load_section("require, in a fresh process")
      LOADED.map do |title, libraries|
        times = load_times(libraries)
        native = times.fetch(@sides.first)
        by_side = times.transform_values { |values| Figures.of_loads(values, native) }
        @tables.load_row(title, by_side)
        { title: title, sides: titled(by_side) }
      end
    end

    def load_times(libraries)
      @sides.each { |side| side.load_time(libraries) } # The first load reads the files into memory.
      times = @sides.to_h { |side| [side, []] }
      (@rounds * LOAD_RUNS).times { times.each { |side, all| all << side.load_time(libraries) } }
      times
    end

    def results(compared, loads)
      details = @sides.first.details
      { ruby: details["ruby"], rack: details["rack"], sides: @sides.to_h { |side| [side.title, side.details["name"]] },
        processor: Machine.processor, pinned: Machine.pinned, rounds: @rounds, cases: compared, loads: loads }
    end

    def titled(by_side)
      by_side.to_h { |side, figures| [side.title, figures.is_a?(String) ? figures : figures.to_h.compact] }
    end
  end
end

Bench::Run.new(
  growth: ARGV == ["growth"],
  rounds: Integer(ENV.fetch("BENCH_ROUNDS", "5")),
  only: ENV.fetch("BENCH_ONLY", nil),
  peer: ENV["PEER"]&.split(":")&.map { |folder| File.expand_path(folder) }
).call
