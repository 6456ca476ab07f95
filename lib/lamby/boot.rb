# frozen_string_literal: true

module Lamby
  # How long it took until the function could take invocations, in phases: `gems` from the start
  # of the process until the application's class is defined (without Rails: until lamby is
  # loaded), `application` until Rails is initialized, `rest` until the first invocation is asked
  # for, which only the native runtime knows.
  #
  # @api private
  module Boot
    PHASES = %i[gems application rest].freeze
    # When lamby was loaded, by the monotonic clock.
    LOADED_AT = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    private_constant :PHASES, :LOADED_AT

    @ends = { gems: LOADED_AT }

    class << self
      # Says that a phase is over. The last word counts: without Rails there is but one.
      #
      # @param phase [Symbol]
      # @return [void]
      def done(phase)
        # A worker process is forked from here, and has another start.
        @start = process_start if phase == :rest && Lamby.config.boot_metrics
        @ends[phase] = now
      end

      # @return [Float] seconds since lamby was loaded
      def age
        now - LOADED_AT
      end

      # @return [Hash{Symbol => Float}] milliseconds of each phase that has ended
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

      # By the monotonic clock; to a hundredth of a second, as the system says it.
      # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
      def process_start
        require "etc"
        ticks = File.read("/proc/self/stat").rpartition(")").last.split[19].to_f
        now - (Process.clock_gettime(Process::CLOCK_BOOTTIME) - (ticks / Etc.sysconf(Etc::SC_CLK_TCK)))
      rescue SystemCallError, NameError # Not Linux.
        LOADED_AT
      end
    end
  end
end
