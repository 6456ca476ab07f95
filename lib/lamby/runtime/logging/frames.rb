# frozen_string_literal: true

module Lamby
  module Runtime
    module Logging
      # Writes records to the file descriptor that Lambda's own Ruby runtime logs to. Each record is written in a frame,
      # which states the record's level and length, so a record may have several lines.
      #
      # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html
      class Frames
        # The first four bytes of a frame. The last of these bytes is zero here. {#write} replaces it with an element of
        # {TEXT} or {JSON}, which stands for the record's level and format.
        TYPE = 0xa55a0000
        # For each severity, the byte that is added to TYPE for a text record. Index 0 is DEBUG. The last element is for
        # records without a level.
        TEXT = [0x0b, 0x0f, 0x13, 0x17, 0x1b, 0x03].freeze
        JSON = [0x0a, 0x0e, 0x12, 0x16, 0x1a, 0x02].freeze
        private_constant :TYPE, :TEXT, :JSON

        # @param descriptor [String] the descriptor's number
        # @return [Frames, nil] nil if no descriptor with this number is open for writing
        def self.open(descriptor)
          new(IO.for_fd(Integer(descriptor, 10), "wb").tap { |io| io.close_on_exec = true })
        rescue ArgumentError, SystemCallError
          nil
        end

        # @param io [IO]
        def initialize(io)
          @io = io
          @io.sync = true
        end

        # Writes one record.
        #
        # @param severity [Integer] one of Logger's severities
        # @param text [String]
        # @param json [Boolean] whether the text is JSON
        # @return [void]
        def write(severity, text, json: false)
          type = TYPE | (json ? JSON : TEXT).fetch(severity, (json ? JSON : TEXT).last)
          time = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
          @io.write([type, text.bytesize, time].pack("L>L>Q>") << text.b)
        end
      end
    end
  end
end
