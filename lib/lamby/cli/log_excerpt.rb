# frozen_string_literal: true

module Lamby
  module CLI
    # Finds the lines that the application writes to its log files. These are the files log/*.log, as in Rails.
    class LogExcerpt
      # The maximum number of bytes that are read of a file.
      BYTES = 1_000_000
      COLORS = /\e\[[\d;]*m/
      private_constant :BYTES, :COLORS

      # Remembers how long the files are now.
      def initialize
        @sizes = files.to_h { |file| [file, File.size(file)] }
      end

      # Returns the lines that were written after this object was made, without empty lines and colors.
      #
      # @return [Hash{String => Array<String>}] the lines of each file that has grown
      def lines
        written = files.to_h { |file| [file, text(file).lines(chomp: true).reject { |line| line.strip.empty? }] }
        written.reject { |_file, lines| lines.empty? }
      end

      private

      def files
        Dir.glob("log/*.log").select { |file| File.file?(file) && File.readable?(file) }
      end

      def text(file)
        start = [@sizes.fetch(file, 0), File.size(file) - BYTES].max
        (File.binread(file, BYTES, start) || +"").force_encoding("UTF-8").scrub.gsub(COLORS, "")
      end
    end
  end
end
