# frozen_string_literal: true

require_relative "drawing"

module Bench
  module Report
    # A chart of lines over growing sizes. Each grid line has ten times the value of the grid line below it, so a time
    # that is proportional to the size is a straight line.
    module Lines
      LEFT = 80
      RIGHT = 60
      TOP = 45
      DECADE = 60

      # Returns SVG. `rows` is [label, {series => value}] in one unit. The block formats a value.
      def self.draw(title, rows, &format)
        colours = Drawing.colours(rows.flat_map { |_, values| values.keys }.uniq)
        smallest, largest = rows.flat_map { |_, values| values.values }.minmax
        lowest = Math.log10(smallest).floor
        highest = Math.log10(largest).ceil
        bottom = TOP + ((highest - lowest) * DECADE)
        x = ->(column) { LEFT + ((Drawing::WIDTH - LEFT - RIGHT) * column.fdiv([rows.size - 1, 1].max)) }
        y = ->(value) { TOP + ((highest - Math.log10(value)) * DECADE) }
        shapes = Drawing.legend(colours, 18) + grid(lowest, highest, y, &format)
        rows.each_with_index { |row, column| shapes << Drawing.text(x.call(column), bottom + 22, row.first, anchor: "middle") }
        colours.each { |name, colour| shapes << line(rows, name, colour, x, y) }
        Drawing.svg(title, bottom + 34, shapes)
      end

      def self.grid(lowest, highest, y)
        (lowest..highest).flat_map do |power|
          at = y.call(10**power)
          [%(<line x1="#{LEFT}" x2="#{Drawing::WIDTH - RIGHT}" y1="#{at}" y2="#{at}" class="grid"/>),
           Drawing.text(LEFT - 8, at + 4, yield(10**power).sub(".00", ""), anchor: "end", style: "quiet")]
        end
      end
      private_class_method :grid

      def self.line(rows, name, colour, x, y)
        points = rows.each_with_index.filter_map do |(_, values), column|
          "#{x.call(column).round(1)},#{y.call(values[name]).round(1)}" if values[name]
        end
        %(<polyline points="#{points.join(" ")}" class="s#{colour}"/>)
      end
      private_class_method :line
    end
  end
end
