# frozen_string_literal: true

# Runs in the measured process, before all other code. Writes the processor time at the end of each phase of the
# start to the file that BENCH_BOOT names. bench/boot.rb loads it with `-r`.
module Bench
  # Records the phases of a Rails application's start.
  module BootProbe
    class << self
      def now
        Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :float_millisecond)
      end

      # Appends a phase and its value in milliseconds.
      def write(phase, value = now)
        File.open(ENV.fetch("BENCH_BOOT"), "a") { |file| file.puts("#{phase} #{value}") }
      end

      # Writes the figures of the initialized application for bench/boot.rb. Sets `config.warm_up_path` and calls
      # `Process.warmup` if the measured variant needs them.
      def initialized
        write("initialize")
        Lamby.config.warm_up_path = ENV["BENCH_WARM_UP_PATH"] if ENV["BENCH_WARM_UP_PATH"]
        Process.warmup if ENV["BENCH_PROCESS_WARMUP"]
        write("collections", GC.count)
      end

      # Sets up bootsnap as Rails applications do (`require "bootsnap/setup"`), with the caches in `folder`.
      def bootsnap(folder)
        # Bootsnap finds only gems that are in the load path. In an application, Bundler puts them there.
        %w[rails msgpack].each { |name| gem(name) }
        require "bootsnap"
        Bootsnap.setup(
          cache_dir: folder, development_mode: false, load_path_cache: true, compile_cache_iseq: true, compile_cache_yaml: true
        )
      end
    end

    # Measures the time that Lamby takes to load. Only the first `require` loads it and returns true, so only this call
    # is measured.
    module Load
      def require(name)
        return super unless name == "lamby"

        start = BootProbe.now
        super.tap { |loaded| BootProbe.write("lamby", BootProbe.now - start) if loaded }
      end
    end

    # Ends the phase of the initializers.
    module Initialize
      def initialize!(...)
        super.tap { BootProbe.initialized }
      end
    end
  end
end

Bench::BootProbe.write("ruby")
Bench::BootProbe.bootsnap(ENV["BENCH_BOOTSNAP"]) if ENV["BENCH_BOOTSNAP"]
Object.prepend(Bench::BootProbe::Load)
# When Ruby begins to define the application's class, all gems have been loaded.
TracePoint.new(:class) do |point|
  next unless defined?(Rails::Application) && point.self.instance_of?(Class) && point.self < Rails::Application

  point.disable
  Bench::BootProbe.write("gems")
  Rails::Application.prepend(Bench::BootProbe::Initialize)
end.enable
