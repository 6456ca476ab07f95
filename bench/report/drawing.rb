# frozen_string_literal: true

require "cgi/escape"

module Bench
  module Report
    # The parts that all charts share. Colours follow the reader's light or dark mode, and the background is
    # transparent.
    module Drawing
      WIDTH = 760
      # Lamby has the same colour in each chart, and so has the bare loop. The other sides get the colours 1, 2 and 3.
      COLOURS = { "Lamby" => 0, "lamby runtime" => 0, "bare loop" => 4 }.freeze
      STYLE = <<~CSS.tr("\n", " ").strip
        text { font: 13px sans-serif; fill: #24292f; } .quiet { fill: #57606a; } .grid { stroke: #8c959f; stroke-opacity: .35; }
        .s0 { fill: #0969da; stroke: #0969da; } .s1 { fill: #bc4c00; stroke: #bc4c00; } .s2 { fill: #1a7f37; stroke: #1a7f37; }
        .s3 { fill: #8250df; stroke: #8250df; } .s4 { fill: #8c959f; stroke: #8c959f; } polyline { fill: none !important; stroke-width: 2; }
        @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .quiet { fill: #8d96a0; }
        .s0 { fill: #4493f8; stroke: #4493f8; } .s1 { fill: #f0883e; stroke: #f0883e; } .s2 { fill: #3fb950; stroke: #3fb950; }
        .s3 { fill: #ab7df8; stroke: #ab7df8; } }
      CSS

      module_function

      def svg(title, height, shapes)
        <<~SVG
          <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 #{WIDTH} #{height}" width="#{WIDTH}" height="#{height}" role="img">
          <title>#{CGI.escapeHTML(title)}</title>
          <style>#{STYLE}</style>
          #{shapes.join("\n")}
          </svg>
        SVG
      end

      def text(x, y, words, anchor: "start", style: "")
        %(<text x="#{x.round(1)}" y="#{y.round(1)}" text-anchor="#{anchor}" class="#{style}">#{CGI.escapeHTML(words)}</text>)
      end

      def box(x, y, width, height, colour)
        %(<rect x="#{x.round(1)}" y="#{y.round(1)}" width="#{width.round(1)}" height="#{height}" class="s#{colour}"/>)
      end

      # Returns the number of a colour for each name.
      def colours(names)
        others = names - COLOURS.keys
        names.to_h { |name| [name, COLOURS.fetch(name) { others.index(name) + 1 }] }
      end

      # Returns one line of names with their colours.
      def legend(colours, y)
        x = 0
        colours.flat_map do |name, colour|
          shapes = [box(x, y - 11, 12, 12, colour), text(x + 18, y, name)]
          x += 40 + (name.size * 8)
          shapes
        end
      end
    end
  end
end
