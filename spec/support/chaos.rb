# frozen_string_literal: true

require "json"
require "socket"
require_relative "runtime_process"
require_relative "waiting"
require_relative "chaos/killer"
require_relative "chaos/plan"
require_relative "chaos/responses"

# Runs `lamby runtime` against a Runtime API that closes connections and kills the runtime's workers.
#
# The seed determines the faults of each invocation before anything runs. Each invocation that was sent to a worker must
# get one response or error that the Runtime API accepts. {#run} counts the violations:
#
# lost::    no response arrived, because the invocation's connection was closed or no worker got the invocation
# doubled:: a second response arrived after the first was confirmed. If the worker did not get the confirmation, a
#           second response is correct, and the Runtime API refuses it
# hung::    no response arrived in time, although the invocation's connection is open
# crashed:: a process that was not killed has ended with an error, or Ruby crashed
# wrong::   the response belonged to another invocation, or was not what the handler returned
#
# If a process is killed before it has read its event, the invocation is always lost. This does not happen here, because
# {Killer} waits until the workers have read everything.
class Chaos
  include Killer
  include Responses

  MODES = { sequential: [1, false], concurrent: [4, false], streaming: [4, true] }.freeze

  # The outcome of one invocation.
  State = Struct.new(:socket, :outcome, :confirmed, :doubled, :wrong)

  attr_reader :plans, :counts

  def initialize(mode, invocations, seed)
    @size, @streams = MODES.fetch(mode)
    random = Random.new(seed)
    @plans = Array.new(invocations) { |number| Plan.draw(number, random, @size > 1) }
    @by_id = @plans.to_h { |plan| [plan.id, plan] }
    @states = @plans.to_h { |plan| [plan, State.new] }.compare_by_identity
    @queue = @plans.dup
    @lock = Mutex.new
    @handing = Mutex.new
    @killed = @killers = 0
    @sockets = []
    @changed = now
  end

  # @return [Hash{Symbol => Integer}] the number of violations of each kind
  def run
    @server = TCPServer.new("127.0.0.1", 0)
    @port = @server.addr[1]
    acceptor = Thread.new { accept }
    environment = { "LAMBY_CONCURRENCY" => @size.to_s, "CHAOS_STREAMS" => @streams ? "1" : nil }
    @process = RuntimeProcess.new(Struct.new(:address).new("127.0.0.1:#{@port}"), SpecApps.source(:planned_outcomes), environment: environment)
    # Invocations without a response count as hung if nothing has happened for Waiting::LIMIT seconds.
    sleep 0.02 until settled? || now - @changed > Waiting::LIMIT || @process.ended?
    @counts = count(finish)
  ensure
    acceptor&.kill
    @server&.close
    @sockets.each { |thread, socket| thread.kill && socket.close }
    @process&.stop
  end

  # @return [String] what the process has printed
  def log = @process.log

  # @return [Array<String>] what happened to the invocations that failed
  def faults
    @states.filter_map do |plan, state|
      "#{plan.to_h} #{state.to_h.except(:socket)}" if state.outcome.nil? || state.doubled || state.wrong
    end
  end

  private

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def settled? = @lock.synchronize { @states.each_value.all?(&:outcome) && @killers.zero? } && dead_workers >= @killed

  def dead_workers = @process.log.scan(/lamby: worker \d+ .* has ended/).size

  # Ends the process, and returns its status.
  def finish
    @process.kill("TERM") unless @process.ended?
    @process.wait
  rescue RuntimeError
    nil
  end

  def count(ended)
    open = @states.each_value.select { |state| state.outcome.nil? }
    lost = open.count { |state| state.socket.nil? || state.socket.closed? }
    crashes = dead_workers - @killed + @process.log.scan(/\[BUG\]|InternalError/).size
    {
      lost: lost, doubled: @states.each_value.count(&:doubled), hung: open.size - lost,
      crashed: crashes + (ended&.exitstatus&.zero? ? 0 : 1), wrong: @states.each_value.count(&:wrong)
    }
  end

  def accept
    loop do
      socket = @server.accept
      socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      @sockets << [Thread.new { serve(socket) }, socket]
    end
  end

  def serve(socket)
    while (line = socket.gets("\r\n", chomp: true)) && (fields = Lamby::Testing::RuntimeAPI::Exchange.read_fields(socket))
      path = line.split[1]
      keep = path.end_with?("/next") ? hand_out(socket) : take(socket, *path.split("/").last(2), fields)
      @changed = now
      break unless keep
    end
  rescue SystemCallError, IOError
    nil # The process has ended.
  ensure
    socket.close
  end

  # Makes the next close send a reset (RST).
  def reset(socket)
    socket.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
    false
  end

  def hand_out(socket)
    sleep 0.002 until (plan = @lock.synchronize { @queue.shift })
    poll = plan.poll
    plan.poll = nil
    case poll
    when :reset, :close, :half_head
      @lock.synchronize { @queue.unshift(plan) }
      socket.write("HTTP/1.1 200 OK\r\nLambda-Runt") if poll == :half_head
      return poll == :close ? false : reset(socket)
    when :delay then sleep 0.02
    end
    event = event_of(plan)
    @handing.synchronize do
      if Lamby::Testing::RuntimeAPI::Exchange.closed?(socket) # The worker was killed while it waited.
        @lock.synchronize { @queue.unshift(plan) }
        return false
      end
      @states[plan].socket = socket
      socket.write(head_of(plan, event))
    end
    send_event(plan, event, socket)
  end

  def head_of(plan, event)
    length = plan.event == :chunked ? "Transfer-Encoding: chunked" : "Content-Length: #{event.bytesize}"
    "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: #{plan.id}\r\n" \
      "Lambda-Runtime-Deadline-Ms: #{((Time.now.to_f + 300) * 1000).to_i}\r\n#{length}\r\n\r\n"
  end

  def event_of(plan)
    path = "/#{plan.number}/#{plan.app}/#{plan.chunks}/#{plan.bytes}"
    JSON.generate(HTTPEvents.build(:function_url, method: "POST", path: path, headers: { "content-type" => "text/plain" }, body: "y" * plan.bytes))
  end

  def send_event(plan, event, socket)
    half = event.byteslice(0, event.bytesize / 2)
    case plan.event
    when :truncated then socket.write(half) && (return reset(socket))
    when :half
      socket.write(half)
      kill(socket)
    when :bytes
      event.byteslice(0, 500).each_char { |char| socket.write(char) }
      socket.write(event.byteslice(500..))
    when :slow then [half, event.byteslice(half.bytesize..)].each { |part| socket.write(part) && sleep(0.02) }
    when :chunked
      event.scan(/.{1,30000}/m) { |part| socket.write("#{part.bytesize.to_s(16)}\r\n#{part}\r\n") }
      socket.write("0\r\n\r\n")
    else socket.write(event)
    end
    kill_later(socket) if %i[running computing].include?(plan.kill)
    true
  end
end
