# frozen_string_literal: true

module Lamby
  module Runtime
    module Log
      # The descriptor that Lambda's own Ruby runtime logs to: each record in a frame, which
      # says its level and where it ends, so that it may have many lines.
      #
      # @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html
      class Frames
        # All four bytes, but for what the last of them says of level and form.
        TYPE = 0xa55a0000
        # By Logger's severities, from DEBUG on; then what is of no level.
        TEXT = [0x0b, 0x0f, 0x13, 0x17, 0x1b, 0x03].freeze
        JSON = [0x0a, 0x0e, 0x12, 0x16, 0x1a, 0x02].freeze
        private_constant :TYPE, :TEXT, :JSON

        # @param descriptor [String] a number
        # @return [Frames, nil] nil where it is none that is open for writing
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

        # @param severity [Integer] as of Logger
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
