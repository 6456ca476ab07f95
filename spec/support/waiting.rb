# frozen_string_literal: true

# Waits for other processes and threads, so that a spec does not depend on the machine's speed. A spec waits at most
# LAMBY_SPEC_TIMEOUT seconds (60 by default). It fails about a second after the runtime that it waits for has ended.
module Waiting
  # In seconds.
  LIMIT = Float(ENV.fetch("LAMBY_SPEC_TIMEOUT", "60"))
  # In seconds: how long the Runtime API's threads may take to read what a process sent before it ended.
  GRACE = 1
  private_constant :GRACE

  class << self
    # Waits until the block returns something true.
    #
    # @param what [String] a description of what the block waits for, for the error message
    # @param limit [Numeric] seconds
    # @param processes [Array<RuntimeProcess>] the wait fails when all of them have ended; if the list is empty, only
    #   the limit counts
    # @return [Object] what the block returned
    # @raise [RuntimeError] when the limit has passed, or the processes have ended
    def until(what, limit: LIMIT, processes: RuntimeProcess.started)
      started = now
      ended = nil
      until (result = yield)
        raise "waited #{limit} s (LAMBY_SPEC_TIMEOUT) for #{what}" if now - started > limit

        ended = processes.any? && processes.all?(&:ended?) ? ended || now : nil
        raise "the runtime ended before #{what}: #{processes.last.status.inspect}" if ended && now - ended > GRACE

        sleep 0.01
      end
      result
    end

    # @return [Float] seconds
    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # {Waiting.until} for specs.
  def wait_until(what = "the condition", ...)
    Waiting.until(what, ...)
  end

  # Waits until the runtime has logged all of the texts. The runtime logs an error only after it has reported the error.
  #
  # @param texts [Array<String, Regexp>]
  # @return [void]
  def until_log(*texts)
    texts.each { |text| wait_until("#{text.inspect} in the log") { @process.log[text] } }
  end

  # Waits for the next element of a queue.
  #
  # @param queue [Queue] for example the chunks of an invocation
  # @return [Object]
  def next_of(queue)
    wait_until("the next element of a queue") { !queue.empty? }
    queue.pop
  end

  # Waits for the next chunk of a streamed response.
  #
  # @param invocation [Lamby::Testing::RuntimeAPI::Invocation]
  # @return [String]
  def chunk_of(invocation)
    next_of(invocation.chunks)
  end

  # Waits until the runtime has reported that its initialization, or its restore, failed.
  #
  # @return [Lamby::Testing::RuntimeAPI::Answer]
  def initialization_error
    next_of(@api.failures)
  end
end

# Makes Invocation#wait use the same limit.
Lamby::Testing::RuntimeAPI::Invocation.prepend(Module.new do
  def wait(seconds = Waiting::LIMIT)
    Waiting.until("a response to invocation #{request_id}", limit: seconds) { answers.first }
  end
end)
