# frozen_string_literal: true

require "lamby/runtime/journal"

module Lamby
  module Runtime
    # Worker processes, forked when the application is loaded: Ruby uses one processor
    # for each. One that dies is replaced, and what it was at is reported as failed.
    class Cluster
      # A worker that lived no longer, of seconds, ...
      SHORT_LIFE = 1
      # ... so many times in a row, will not live.
      ATTEMPTS = 3
      # Seconds that workers have to end. Lambda gives the whole environment 500 ms, and
      # 300 beside an external extension.
      PATIENCE = 0.25
      private_constant :SHORT_LIFE, :ATTEMPTS, :PATIENCE

      Member = Struct.new(:index, :started, :journal)
      private_constant :Member

      # @param sizes [Array<Integer>] how many invocations each process takes at once
      # @param api [String] host and port of the Runtime API
      # @param handler [FunctionHandler]
      # @param work [#call] what a process does with its index, size and {Journal}
      def initialize(sizes, api, &work)
        @sizes = sizes
        @api = api
        @work = work
        @members = {}
        @ready = Queue.new
        # Closed with this process, however it ends.
        @lifeline, @held = IO.pipe
        @short_lives = 0
      end

      # @return [void] when they do not live
      # @raise [SignalException] when the process is asked to end, and the workers have
      def run
        Lamby.config.hooks(:before_fork).each(&:call)
        Process.warmup if Process.respond_to?(:warmup)
        together { |gate| @sizes.each_index { |index| start(index, gate) } }
        replace(*Process.wait2) while @short_lives < ATTEMPTS
        Log.fatal("worker processes die as soon as they are started")
      ensure
        stop
      end

      private

      # Lambda counts the environment as ready when the first of all its polls comes, and
      # turns invocations away that find no other: so none comes before all can.
      def together
        closed, open = IO.pipe
        yield [closed, open]
        @sizes.each { @ready.pop }
      ensure
        [closed, open].each(&:close)
      end

      def start(index, gate = nil)
        reader, writer = IO.pipe
        # Their ends would hold the pipes open.
        others = @members.each_value.map(&:journal)
        pid = fork do
          [reader, *others, @held, gate&.last].compact.each(&:close)
          end_with_parent
          Log.redirect
          ColdStartMetrics.leave! unless gate && index.zero? # The environment has one cold start.
          Lamby.config.hooks(:after_fork).each { |hook| hook.call(index) }
          journal = Journal.new(writer)
          journal.ready
          gate&.first&.read # Until the other end is closed.
          exit @work.call(@sizes[index], journal)
        end
        writer.close
        @members[pid] = Member.new(index, now, Journal::Reader.new(reader) { @ready << index })
      end

      # Lambda ends what it has started, and would leave the rest to wait for nobody.
      def end_with_parent
        Thread.new do
          @lifeline.read
          Process.kill("TERM", Process.pid)
        end
      end

      def replace(pid, status)
        member = @members.delete(pid) or return # A process of the application's.
        @short_lives = now - member.started < SHORT_LIFE ? @short_lives + 1 : 0
        Log.error("worker #{member.index} (#{pid}) has ended: #{status.to_s.sub(/\Apid \d+ /, "")}")
        report(member, pid, status)
        start(member.index)
      end

      def report(member, pid, status)
        client = Client.new(@api)
        member.journal.left.each do |entry|
          if entry.answering
            Log.error("the worker ended while it answered; whether the answer has arrived is not known", entry)
          else
            error = WorkerEnded.new("the process that ran the invocation has ended: #{status.to_s.sub("pid #{pid} ", "")}")
            Log.failure(failure = Failure.new(error), entry)
            client.fail(entry, failure)
          end
        end
      end

      def stop
        @members.each_key { |pid| signal("TERM", pid) }
        deadline = now + PATIENCE
        sleep 0.01 while @members.any? && now < deadline && reap
        @members.each_key { |pid| signal("KILL", pid) }
      end

      # Whether there may be more to wait for.
      def reap
        while (pid = Process.wait(-1, Process::WNOHANG))
          @members.delete(pid)
        end
        true
      rescue Errno::ECHILD
        @members.clear
        false
      end

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
