# frozen_string_literal: true

require_relative "side"

module Bench
  # Prints the tables, 100 columns wide.
  class Report
    COLUMNS = "%-29s%-12s%11s%8s%11s%9s%8s%12s"

    def initialize(sides, rounds)
      @sides = sides
      @rounds = rounds
    end

    def head
      details = @sides.first.details
      puts "#{@sides.map { |side| side.details["name"] }.join(", ")}; Rack #{details["rack"]}", details["ruby"]
      puts "#{processor}, #{Side::PIN.empty? ? "not pinned: there is no taskset" : "pinned to core #{Side::PIN.last}"}; " \
           "rounds: #{@rounds}"
    end

    def section(title)
      puts "", title, ""
      puts format(COLUMNS, "", "", "a call", "noise", "calls/s", "objects", "ratio", "rounds")
    end

    # Prints a row for each side that handles the case, and a line for each side that does not.
    def row(it, silent)
      title = it.title
      @sides.each do |side|
        if (reason = silent[side])
          puts format("%-29s%-12s  %s", title, side.title, reason)[0, 100].rstrip
        else
          puts format(COLUMNS, title, side.title, *numbers(side, it.id)).rstrip
        end
        title = ""
      end
    end

    # Prints a row for each side, with its milliseconds under each title.
    def load_times(title, times)
      puts "", title, ""
      puts format(COLUMNS, "", "", "a load", "noise", "", "", "ratio", "").rstrip
      times.each do |label, by_side|
        native = Side.median(by_side.fetch(@sides.first))
        by_side.each do |side, values|
          median = Side.median(values)
          ratio = side.equal?(@sides.first) ? "" : format("%.1f×", median / native)
          puts format(COLUMNS, label, side.title, format("%.2f ms", median), noise(values), "", "", ratio, "").rstrip
          label = ""
        end
      end
    end

    private

    def numbers(side, id)
      median = Side.median(side.times(id))
      [duration(median), noise(side.times(id)), thousands((1e6 / median).round), thousands(side.objects(id).round), *ratio(side, id)]
    end

    # Returns how many times as long as Lamby a side takes: the ratio of the medians, and the range of this ratio over
    # the rounds.
    def ratio(side, id)
      native = @sides.first
      return ["", ""] if side.equal?(native)

      rounds = side.rounds(id).zip(native.rounds(id)).map { |theirs, ours| theirs / ours }
      range = rounds.size > 1 ? format("%.1f–%.1f", *rounds.minmax) : ""
      [format("%.1f×", Side.median(side.times(id)) / Side.median(native.times(id))), range]
    end

    # Returns half of the distance between the quartiles, as a fraction of the median.
    def noise(values)
      spread = Side.quantile(values, 0.75) - Side.quantile(values, 0.25)
      format("±%.1f%%", spread / 2 / Side.median(values) * 100)
    end

    def duration(microseconds)
      microseconds < 1000 ? format("%.2f µs", microseconds) : format("%.2f ms", microseconds / 1000)
    end

    def thousands(number)
      number.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ",")
    end

    def processor
      File.read("/proc/cpuinfo")[/^model name\s*: (.*)/, 1] || RUBY_PLATFORM
    rescue SystemCallError
      RUBY_PLATFORM
    end
  end
end
