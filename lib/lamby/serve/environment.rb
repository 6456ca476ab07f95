# frozen_string_literal: true

require "lamby/testing"

module Lamby
  module Serve
    # An execution environment: a child process with a Runtime API of its own. It handles one invocation at a time. After a
    # timeout or a crash, it is not used again.
    #
    # @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    class Environment
      # How long the process has to handle SIGTERM, in seconds.
      SHUTDOWN = 2
      # Lambda limits the initialization to 10 seconds.
      # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
      INITIALIZATION = 10
      private_constant :SHUTDOWN, :INITIALIZATION

      # @return [Integer] 1 for the first environment
      attr_reader :number
      # @return [Symbol] :starting, :ready, :busy, :ended
      attr_reader :state
      # @return [Integer] the id of the process
      def pid = @process.pid

      # @return [Outcome, nil] why the process has ended before it asked for an invocation
      attr_reader :failure

      # Starts the process.
      #
      # @param number [Integer]
      # @param settings [Settings]
      # @param journal [Journal] gets what happens
      # @param on_change [#call] is called when the state has changed
      def initialize(number, settings, journal, on_change)
        @number = number
        @settings = settings
        @journal = journal
        @on_change = on_change
        @lock = Mutex.new
        @polled = ConditionVariable.new
        @state = :starting
        @polls = 0
        @stale = false
        @cold = true
        @stopping = false
        start
      end

      # Takes the environment for one invocation. The caller must call {#run} next.
      #
      # @return [Boolean] false if it is not ready
      def take
        @lock.synchronize { @state == :ready && !@stale && !@process.ended? && (@state = :busy) } && true
      end

      # Runs an invocation, and returns when the environment can take the next one, or has ended.
      #
      # @param call [Call]
      # @return [Boolean] false if the process has ended before it received the event
      def run(call)
        @process.signal("CONT") if @settings.freeze?
        limit = now + @settings.timeout
        call.record&.handed_over(environment: number, cold: @cold)
        @cold = false
        hand_over(call)
        finished = call.wait(limit - now) { @missed } && wait_for_poll(limit)
        time_out(call) unless finished || @missed
        !@missed
      ensure
        @call = nil
        release
      end

      # Takes no further invocation. {#run} ends the process after the invocation in flight.
      #
      # @return [Boolean] whether no invocation is in flight, so the caller must call {#stop}
      def retire
        @lock.synchronize do
          @stale = true
          @state != :busy
        end
      end

      # Ends the process. Gives it time to handle SIGTERM.
      #
      # @return [void]
      def stop
        @stopping = true
        @process.signal("CONT") if @settings.freeze?
        @process.signal("TERM")
        limit = now + SHUTDOWN
        sleep 0.01 until @process.ended? || now > limit
        kill
      end

      # Ends the process at once.
      #
      # @return [void]
      def kill
        @stopping = true
        @process.kill
      end

      # @return [Boolean] whether {#retire} was called, or the function did not respond in time
      def retired? = @stale

      # @return [Boolean] whether the process will not take a further invocation
      def over? = @stale || ended?

      # @return [Boolean] whether the process has ended
      def ended? = @state == :ended

      # @return [Boolean] whether the process can soon take an invocation: it starts, or it has responded, and has not yet
      #   asked for the next invocation
      def soon_ready? = @state == :starting || !@call&.outcome.nil?

      private

      def start
        @started = now
        @api = Testing::RuntimeAPI.new(history: false)
        @api.on_poll = method(:polled)
        @api.on_chunk = method(:take_chunk)
        @api.on_answer = method(:take_answer)
        @stream = "#{Time.now.utc.strftime("%Y/%m/%d")}/[$LATEST]#{format("%032x", rand(2**128))}"
        @process = ChildProcess.new(@settings, @api.address, stream: @stream, on_line: method(:line), on_exit: method(:exited))
        @process.start
        @journal.starting(self)
      rescue SystemCallError
        @api.close
        raise
      end

      def hand_over(call)
        deadline = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + (@settings.timeout * 1000)
        headers = {
          "Lambda-Runtime-Deadline-Ms" => deadline.to_s,
          "Lambda-Runtime-Invoked-Function-Arn" => "arn:aws:lambda:us-east-1:123456789012:function:local"
        }
        @lock.synchronize do
          return @missed = true if ended?

          @call = @latest = call
          @answered = false
          @polls -= 1
          @invocation = @api.invoke(call.event, call.headers.merge(headers))
        end
      end

      # The Runtime API calls this when the process asks for an invocation.
      def polled(_exchange)
        # The process must be stopped before another thread sees that it is idle, and continues it.
        @process.signal("STOP") if @settings.freeze? && (@state == :starting || @answered)
        first = @lock.synchronize do
          @polls += 1
          @polled.broadcast
          @state == :starting && (@state = :ready)
        end
        if first
          seconds = now - @started
          @journal.started(self, seconds)
          @journal.warn("the initialization took #{seconds.round} s: Lambda interrupts it after #{INITIALIZATION} s") if seconds > INITIALIZATION
        end
        @on_change.call
      end

      # The Runtime API calls this with each chunk of a streamed response. Returns false, so that it does not keep the chunk.
      def take_chunk(_exchange, chunk)
        @call&.add_chunk(chunk)
        false
      end

      def take_answer(_invocation, answer)
        @answered = true
        @call&.finish(Report.of_answer(answer))
      end

      # Waits until the process asks for the next invocation, because Lambda's timeout also covers what it does after the
      # response.
      def wait_for_poll(limit)
        @lock.synchronize do
          while @polls.zero? && @state != :ended && (left = limit - now).positive?
            @polled.wait(@lock, left)
          end
          @polls.positive? || @state == :ended
        end
      end

      def time_out(call)
        seconds = format("%.2f", @settings.timeout)
        @journal.line(self, call, "#{Time.now.utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ")} #{call.id} Task timed out after #{seconds} seconds")
        late = call.outcome
        @lock.synchronize { @stale = true }
        call.finish(Outcome.new(kind: :timeout, message: "the function did not respond within #{@settings.timeout} s; --timeout sets another limit"))
        @journal.warn("the function responded, but did not ask for the next invocation within #{@settings.timeout} s") if late
        @process.kill
      end

      # A line that the process has printed just before it responded may be read only when no invocation is in flight.
      def line(text)
        @journal.line(self, @call || @latest, text)
      end

      def exited(status)
        read_rest
        starting = @lock.synchronize { @state == :starting }
        ended = Report.of_end(starting ? :not_started : :crashed, status, @api.failures, @process.log)
        @failure = ended if starting
        call = @lock.synchronize do
          @state = :ended
          @polled.broadcast
          @missed = @call && @invocation.handed_to.empty?
          @call
        end
        @missed ? call.wake : call&.finish(ended)
        @api.close
        @journal.ended(self, starting && !@stale ? ended : nil)
        @on_change.call
      end

      # Waits for the response that the process may have sent before it ended. A slow client delays a streamed response, but
      # not the end of the server.
      def read_rest
        call, invocation = @lock.synchronize { [@call, @invocation] }
        limit = now + (@stopping ? SHUTDOWN : @settings.timeout)
        sleep 0.005 until call.nil? || call.outcome || @api.drained?(invocation) || now > limit
      end

      # Either this method or the caller of {#retire} ends the process.
      def release
        over = @lock.synchronize do
          @state = :ready if @state == :busy && !@stale
          over?
        end
        stop if over
        @on_change.call
      end

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
