# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"

module Bench
  # One side of the comparison. It has a worker process on one core, and its measurements.
  class Side
    # The last core of the machine, because the system uses it least. All sides run on the same core, because only one
    # works at a time.
    PIN = begin
      core = File.read("/proc/self/status")[/^Cpus_allowed_list:.*?(\d+)$/, 1]
      pin = ["taskset", "-c", core]
      core && system(*pin, "true", err: File::NULL) ? pin.freeze : [].freeze
    rescue SystemCallError
      [].freeze
    end

    attr_reader :kind, :title, :details

    def initialize(kind, load_path)
      @kind = kind
      @load_path = load_path
      @worker = IO.popen([*command, File.join(__dir__, "worker.rb"), kind], "r+")
      @details = ask(:hello)
      @title = @details["title"]
      @measured = Hash.new { |hash, id| hash[id] = [] }
    end

    # Returns the side's response in a case: see Worker#answer.
    def answer(id)
      ask(:answer, id)
    end

    # Measures one round of a case.
    def measure(id)
      @measured[id] << ask(:measure, id)
    end

    def rounds(id)
      @measured[id].map { |round| Side.median(round["times"]) }
    end

    def times(id)
      @measured[id].flat_map { |round| round["times"] }
    end

    def objects(id)
      Side.median(@measured[id].map { |round| round["objects"] })
    end

    # Returns the milliseconds that a new process takes to load the side's library. The process first loads the
    # libraries in `loaded`.
    def load_time(loaded)
      script = <<~RUBY
        ARGV.each { |library| require library }
        start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        require #{library.inspect}
        STDOUT.write((Process.clock_gettime(Process::CLOCK_MONOTONIC) - start) * 1000)
      RUBY
      output, status = Open3.capture2(*command, "-e", script, *loaded)
      raise "#{title} does not load after #{loaded.join(", ")}" unless status.success?

      output.to_f
    end

    def close
      @worker.close
    end

    def self.median(values)
      quantile(values, 0.5)
    end

    def self.quantile(values, share)
      sorted = values.sort
      at = (sorted.size - 1) * share
      sorted[at.floor] + ((sorted[at.ceil] - sorted[at.floor]) * (at - at.floor))
    end

    private

    def command
      [*PIN, RbConfig.ruby, *@load_path.flat_map { |folder| ["-I", folder] }]
    end

    def library
      kind == "pure" ? File.join(__dir__, "pure_ruby") : "lamby"
    end

    def ask(*request)
      @worker.puts JSON.generate(request)
      line = @worker.gets or abort "bench: the worker of #{kind} (#{@load_path.join(":")}) ended; its message is above"
      JSON.parse(line)
    end
  end
end
