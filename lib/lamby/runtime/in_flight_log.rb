# frozen_string_literal: true

require "tempfile"
require "lamby/runtime/in_flight"

module Lamby
  module Runtime
    # Records which invocations the worker processes have in flight, so that the parent process can report them as
    # failed if a worker dies. Each poller has a slot in one file, which all processes share. The native client writes
    # to the slot before it waits for Ruby's global VM lock. Otherwise the parent process could not report an invocation
    # whose worker died during this wait.
    #
    # The parent process reads a worker's slots after the worker has ended. The file keeps the data of a worker that was
    # killed. The parent process can read the file even while child processes of that worker are still running. A pipe,
    # in contrast, would stay open until these child processes end.
    #
    # @api private
    class InFlightLog
      # Size of a slot, in bytes.
      SLOT = Native::InFlightLog::SLOT
      private_constant :SLOT

      # @param size [Integer] how many invocations may be in flight at once
      # @raise [Error] if no temporary file can be created
      def initialize(size)
        # After the block, Tempfile deletes the file, but the file stays open. All its bytes are written now, because
        # Lambda's /tmp may be full later.
        Tempfile.create("lamby-in-flight") do |file|
          file.write("\0" * (SLOT * size))
          file.flush
          @log = Native::InFlightLog.open(file.path)
          @file = File.open(file.path, "r+b")
        end
      rescue SystemCallError, IOError, ArgumentError => e
        raise Error, "worker processes need a temporary file (TMPDIR), and none could be made: #{e.message}"
      end

      # @param first [Integer] the number of the first slot
      # @param size [Integer] how many slots
      # @return [Slots]
      def slots(first, size) = Slots.new(@log, @file, first, size)

      # The slots of one worker process.
      class Slots
        def initialize(log, file, first, size)
          @log = log
          @file = file
          @first = first
          @size = size
        end

        # Makes a client record its invocations.
        #
        # @param client [Client]
        # @param number [Integer] the poller's number in its process, from 0
        # @return [void]
        def record(client, number)
          client.log_in_flight(@log, @first + number)
        end

        # @return [Array<InFlight>] the invocations that the process had in flight when it ended
        def in_flight
          texts.filter_map do |text|
            next unless text.start_with?("+")

            request_id, invocation_id = text[1..].force_encoding(Encoding::UTF_8).split("\n", 3)
            InFlight.new(request_id, invocation_id.empty? ? nil : invocation_id)
          end
        end

        # @return [Boolean] whether the process has ever received an invocation
        def used? = texts.any? { |text| !text.start_with?("\0") }

        # Clears the slots for the next process.
        #
        # @return [void]
        def clear
          @file.pwrite("\0" * (SLOT * @size), SLOT * @first)
        end

        private

        # Returns the content of each slot.
        def texts
          all = @file.pread(SLOT * @size, SLOT * @first)
          Array.new(@size) { |number| all.byteslice(SLOT * number, SLOT) }
        end
      end
    end
  end
end
