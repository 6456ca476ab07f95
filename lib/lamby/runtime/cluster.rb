# frozen_string_literal: true

require "io/wait"
require "lamby/runtime/in_flight_log"

module Lamby
  module Runtime
    # Forks worker processes after the application is loaded, because one Ruby process can use only one processor at a
    # time. Replaces a worker that dies, and reports the invocations that it had in flight as failed.
    class Cluster
      # If this many workers in a row die before they take an invocation, the runtime ends, because new workers would
      # die, too. A worker that dies later does not count, because its invocation may be the cause.
      ATTEMPTS = 3
      # Seconds between two checks for workers that died before they were ready.
      INTERVAL = 0.1
      private_constant :ATTEMPTS, :INTERVAL

      Member = Struct.new(:index, :slots)
      private_constant :Member

      class << self
        # @return [Float] how long workers may take to end at shutdown, in seconds. Lambda gives 500 ms to the whole
        #   environment; the rest of the time is for reports about the invocations that workers have not finished.
        # @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
        # @api private
        attr_accessor :patience
      end
      self.patience = 0.42

      # @param sizes [Array<Integer>] how many invocations each process takes at once
      # @param api [String] host and port of the Runtime API
      # @yield the work of a worker process
      # @yieldparam size [Integer] how many invocations the worker takes at once
      # @yieldparam slots [InFlightLog::Slots] the slots in which the worker records its invocations in flight
      # @yieldreturn [Integer] the worker's exit status
      def initialize(sizes, api, &work)
        @sizes = sizes
        @api = api
        @work = work
        @members = {}
        @dead = []
        # Only this process keeps the writer of this pipe open. When this process ends for any reason, the kernel closes
        # the writer, and each worker reads the end of the pipe.
        @parent_reader, @parent_writer = IO.pipe
        @failed_starts = 0
      end

      # Starts the workers and replaces those that die.
      #
      # @return [void] when too many workers in a row have died at their start
      # @raise [SignalException] if a signal asks the process to end. Ends the workers before the exception propagates
      def run
        Hooks.run(:before_fork)
        @in_flight_log = InFlightLog.new(@sizes.sum)
        Process.warmup if Process.respond_to?(:warmup)
        start_together
        replace(*(@dead.shift || Process.wait2)) while @failed_starts < ATTEMPTS
        Logging.fatal("#{ATTEMPTS} worker processes in a row have died before they took an invocation")
      ensure
        stop
      end

      private

      # Starts all workers. No worker polls before all workers are ready, because after the first poll, Lambda considers
      # the environment ready, and rejects an invocation if no worker is polling.
      def start_together
        barrier_reader, barrier_writer = IO.pipe
        ready_reader, ready_writer = IO.pipe
        @sizes.each_index do |index|
          start(index, first: index.zero?) do
            [barrier_writer, ready_reader].each(&:close)
            ready_writer.write("!")
            ready_writer.close
            barrier_reader.read # Returns when the parent has closed the writer.
          end
        end
        ready_writer.close
        wait_until_ready(ready_reader)
      ensure
        [barrier_reader, barrier_writer, ready_reader, ready_writer].each(&:close)
      end

      # Waits until all workers have written a byte or have died. Waiting for the end of the pipe is not enough, because
      # a process that a worker's hook has forked may keep the pipe open.
      def wait_until_ready(pipe)
        waiting = @sizes.size
        while waiting.positive?
          if pipe.wait_readable(INTERVAL)
            bytes = pipe.read_nonblock(waiting, exception: false) or return
            waiting -= bytes.bytesize
          elsif (ended = Process.wait2(-1, Process::WNOHANG))
            @dead << ended
            waiting -= 1 if @members.key?(ended.first)
          end
        end
      end

      # Forks a worker process, which runs the block before its work.
      def start(index, first: false)
        slots = @in_flight_log.slots(@sizes.first(index).sum, @sizes[index])
        pid = fork do
          @parent_writer.close
          end_with_parent
          Logging.redirect
          Metrics::ColdStart.leave! unless first # The environment has only one cold start.
          Hooks.run(:after_fork, index)
          yield if block_given?
          exit @work.call(@sizes[index], slots)
        end
        @members[pid] = Member.new(index, slots)
      end

      # Ends this worker when its parent has ended. Lambda ends only the process that it has started, and a worker
      # without a parent would wait forever.
      def end_with_parent
        Thread.new do
          @parent_reader.read
          Process.kill("TERM", Process.pid)
        end
      end

      # Reports the invocations that a dead worker had in flight, and starts another worker in its place.
      def replace(pid, status)
        member = @members.delete(pid) or return # The application, not this class, has started this process.
        @failed_starts = member.slots.used? ? 0 : @failed_starts + 1
        how = status.to_s.sub(/\Apid \d+ /, "")
        Logging.error("worker #{member.index} (#{pid}) has ended: #{how}")
        report(member, "the process that ran the invocation has ended: #{how}")
        member.slots.clear
        start(member.index) if @failed_starts < ATTEMPTS
      end

      # Reports invocations in flight as failed. Also reports an invocation whose response the worker was sending,
      # because that response may not have arrived. If it has arrived, the Runtime API refuses the report with 400. The
      # report ends a streamed response that has begun.
      def report(member, reason)
        in_flight = member.slots.in_flight
        return if in_flight.empty?

        client = Client.new(@api)
        in_flight.each do |entry|
          error_report = ErrorReport.new(WorkerEnded.new(reason))
          Logging.report(error_report, entry) if client.report_error(entry, error_report, unsure: true)
        end
      ensure
        # A worker that is forked later must not get a copy of the connection.
        client&.disconnect
      end

      # Ends the workers. Each worker reports its invocations in flight and runs its hooks. A worker with threads that
      # compute may be late, because Ruby switches between such threads only every 100 ms. So this method kills the
      # workers that are late, and reports the invocations that they have not reported.
      def stop
        @members.each_key { |pid| signal("TERM", pid) }
        deadline = now + Cluster.patience
        living = @members.keys
        sleep 0.005 until (living = living.reject { |pid| ended?(pid) }).empty? || now > deadline
        living.each { |pid| signal("KILL", pid) && ended?(pid, 0) }
        @members.each_value { |member| report(member, "the process was asked to end, and had no time to finish the invocation") }
      rescue Error => e
        Logging.error(e.message)
      end

      def ended?(pid, flags = Process::WNOHANG)
        !Process.wait(pid, flags).nil?
      rescue Errno::ECHILD
        true
      end

      # Sends a signal. Returns nil if the process does not exist.
      def signal(name, pid)
        Process.kill(name, pid)
      rescue Errno::ESRCH
        nil
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
