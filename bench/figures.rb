# frozen_string_literal: true

require_relative "side"

module Bench
  # The measurements of one side in one case. Times are medians, in microseconds. The ratio is the side's time divided
  # by Lamby's. `lowest` and `highest` are the lowest and the highest ratio of all rounds. Lamby itself has no ratio.
  Figures = Struct.new(:time, :noise, :objects, :ratio, :lowest, :highest, keyword_init: true) do
    def self.of(side, native, id)
      figures = new(time: Bench::Side.median(side.times(id)), noise: noise(side.times(id)), objects: side.objects(id).round)
      return figures if side.equal?(native)

      rounds = side.rounds(id).zip(native.rounds(id)).map { |theirs, ours| theirs / ours }
      figures.lowest, figures.highest = rounds.minmax
      figures.ratio = figures.time / Bench::Side.median(native.times(id))
      figures
    end

    # Returns the figures of load times, in milliseconds, because a load takes thousands of times as long as an event.
    def self.of_loads(values, native)
      new(time: Bench::Side.median(values), noise: noise(values),
          ratio: values.equal?(native) ? nil : Bench::Side.median(values) / Bench::Side.median(native))
    end

    # Returns half of the distance between the quartiles, as a fraction of the median.
    def self.noise(values)
      (Bench::Side.quantile(values, 0.75) - Bench::Side.quantile(values, 0.25)) / 2 / Bench::Side.median(values)
    end
  end
end
