# frozen_string_literal: true

require_relative "drawing"

module Bench
  module Report
    # A chart of horizontal bars: a group for each row, and a bar for each series.
    module Bars
      LABELS = 215
      NUMBERS = 90
      BAR = 15
      GAP = 12
      TOP = 40

      # Returns SVG. `rows` is [label, {series => value}] in one unit. The block formats a value.
      def self.draw(title, rows, &format)
        colours = Drawing.colours(rows.flat_map { |_, values| values.keys }.uniq)
        scale = (Drawing::WIDTH - LABELS - NUMBERS) / rows.flat_map { |_, values| values.values }.max.to_f
        y = TOP
        shapes = Drawing.legend(colours, 18)
        rows.each do |label, values|
          shapes << Drawing.text(LABELS - 8, y + BAR - 3, label, anchor: "end")
          values.each do |name, value|
            shapes << Drawing.box(LABELS, y, value * scale, BAR - 2, colours[name])
            shapes << Drawing.text(LABELS + (value * scale) + 6, y + BAR - 3, format.call(value), style: "quiet")
            y += BAR
          end
          y += GAP
        end
        Drawing.svg(title, y, shapes)
      end
    end
  end
end
