# frozen_string_literal: true

require_relative "format"
require_relative "machine"

module Bench
  # Prints the tables, 100 columns wide.
  class Tables
    COLUMNS = "%-29s%-12s%11s%8s%11s%9s%8s%12s"

    def initialize(sides, rounds)
      @sides = sides
      @rounds = rounds
    end

    def head
      details = @sides.first.details
      puts "#{@sides.map { |side| side.details["name"] }.join(", ")}; Rack #{details["rack"]}", details["ruby"]
      puts "#{Machine.processor}, #{Machine.pinned}; rounds: #{@rounds}"
    end

    def section(title)
      puts "", title, ""
      puts format(COLUMNS, "", "", "a call", "noise", "calls/s", "objects", "ratio", "rounds")
    end

    # Prints a row for each side: its figures, or the reason why it was not measured.
    def row(title, by_side)
      by_side.each do |side, figures|
        if figures.is_a?(String)
          puts format("%-29s%-12s  %s", title, side.title, figures)[0, 100].rstrip
        else
          puts format(COLUMNS, title, side.title, *numbers(figures)).rstrip
        end
        title = ""
      end
    end

    def load_section(title)
      puts "", title, ""
      puts format(COLUMNS, "", "", "a load", "noise", "", "", "ratio", "").rstrip
    end

    def load_row(title, by_side)
      by_side.each do |side, it|
        puts format(COLUMNS, title, side.title, format("%.2f ms", it.time), noise(it), "", "", Format.ratio(it.ratio), "").rstrip
        title = ""
      end
    end

    private

    def numbers(it)
      calls = Format.thousands((1e6 / it.time).round)
      range = it.lowest && @rounds > 1 ? format("%.1f–%.1f", it.lowest, it.highest) : ""
      [Format.duration(it.time), noise(it), calls, Format.thousands(it.objects), Format.ratio(it.ratio), range]
    end

    def noise(it)
      format("±%.1f%%", it.noise * 100)
    end
  end
end
