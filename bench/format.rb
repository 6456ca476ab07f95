# frozen_string_literal: true

module Bench
  # Formats numbers for the tables.
  module Format
    module_function

    def duration(microseconds)
      microseconds.abs < 1000 ? format("%.2f µs", microseconds) : format("%.2f ms", microseconds / 1000.0)
    end

    def thousands(number)
      number.to_s.gsub(/(?<=\d)(?=(\d{3})+\z)/, ",")
    end

    def ratio(number)
      number ? format("%.1f×", number) : ""
    end
  end
end
