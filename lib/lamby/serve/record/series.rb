# frozen_string_literal: true

require "lamby/serve/record/text"

module Lamby
  module Serve
    class Record
      # The chunks of a streamed response, or the lines of a log, with their times. It keeps only the first ones, and
      # counts the others.
      #
      # @api private
      class Series
        # A chunk or a line.
        Entry = Struct.new(:milliseconds, :text)
        # The most entries, and the most of their bytes, that a record keeps.
        ENTRIES = 1000
        BYTES = 1024 * 1024
        private_constant :Entry, :ENTRIES, :BYTES

        # @return [Integer] the number of all entries
        attr_reader :count
        # @return [Integer] the size of all entries, in bytes
        attr_reader :size
        # @return [Float, nil] the time of the first entry, in milliseconds since the record began
        attr_reader :first_at

        def initialize
          forget
          @count = @size = 0
        end

        # @param milliseconds [Float] since the record began
        # @param bytes [String]
        # @param keep [Boolean] false to count only
        # @return [Integer] how many bytes the record now keeps in addition
        def add(milliseconds, bytes, keep: true)
          @first_at ||= milliseconds
          @count += 1
          @size += bytes.bytesize
          return 0 if !keep || @entries.size >= ENTRIES || @kept >= BYTES

          text = Text.new(bytes, BYTES - @kept)
          @entries << Entry.new(milliseconds, text)
          @kept += text.bytes.bytesize
          text.bytes.bytesize
        end

        # Removes the entries, and keeps their number and size.
        #
        # @return [void]
        def forget
          @entries = []
          @kept = 0
        end

        def initialize_copy(other)
          super
          @entries = @entries.dup
        end

        # @return [String] the bytes of all entries that the record keeps
        def bytes = @entries.sum("".b) { |entry| entry.text.bytes }

        # @return [String] the entries as lines
        def lines = @entries.map { |entry| "#{entry.text.bytes}\n" }.join

        # @return [Boolean] whether the record keeps all bytes of all entries
        def whole? = @kept == @size && @entries.size == @count

        # @return [Hash{Symbol => Object}] for the page
        def to_h
          { count: @count, size: @size, entries: @entries.map { |entry| { at: entry.milliseconds, **entry.text.to_h(16 * 1024) } } }
        end
      end
    end
  end
end
