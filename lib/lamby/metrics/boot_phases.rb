# frozen_string_literal: true

module Lamby
  module Metrics
    # Measures how long each phase of the initialization took:
    #
    # - `gems`: from the start of the process until the application's class is defined (without Rails, until Lamby is
    #   loaded)
    # - `application`: until Rails is initialized
    # - `rest`: until the runtime asks for the first invocation; only the native runtime measures it
    #
    # @api private
    module BootPhases
      PHASES = %i[gems application rest].freeze
      # The time at which Lamby was loaded, by the monotonic clock.
      LOADED_AT = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      private_constant :PHASES, :LOADED_AT

      @ends = { gems: LOADED_AT }

      class << self
        # Records the end of a phase. A later call for the same phase replaces the earlier one.
        #
        # @param phase [Symbol]
        # @return [void]
        def done(phase)
          # Reads this process's start time now. In a worker process, which is forked later, process_start would return
          # the time of the fork.
          @start = process_start if phase == :rest && Lamby.config.boot_metrics
          @ends[phase] = now
        end

        # @return [Float] seconds since Lamby was loaded
        def age
          now - LOADED_AT
        end

        # @return [Hash{Symbol => Float}] the duration of each phase that has ended, in milliseconds
        def phases
          start = @start || process_start
          PHASES.filter_map do |phase|
            finish = @ends[phase] or next
            [phase, ((finish - start) * 1000).round(1)].tap { start = finish }
          end.to_h
        end

        private

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end

        # Returns the time at which this process started, by the monotonic clock. Linux reports it in hundredths of a
        # second. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        def process_start
          require "etc"
          ticks = File.read("/proc/self/stat").rpartition(")").last.split[19].to_f
          now - (Process.clock_gettime(Process::CLOCK_BOOTTIME) - (ticks / Etc.sysconf(Etc::SC_CLK_TCK)))
        rescue SystemCallError, NameError # The system is not Linux.
          LOADED_AT
        end
      end
    end
  end
end
