# frozen_string_literal: true

require "json"
require "securerandom"
require "socket"
require_relative "runtime_process"
require_relative "waiting"
require_relative "worker_processes"

# Runs `lamby runtime` against a Runtime API that breaks connections, and kills workers.
#
# The seed alone decides which fault each invocation has, before anything runs. Each invocation that was handed out must
# get one response or error that the Runtime API accepts. The faults are counted:
#
# lost::    none came, though the process that took it asked for more, or ended
# doubled:: another whole one came after one that was confirmed. A second one is right where the
#           confirmation did not get through: the Runtime API refuses it
# hung::    none came in time
# crashed:: a process ended that nobody had killed, or Ruby crashed
# wrong::   the response was another invocation's, or not what the handler returned
#
# One loss cannot be avoided: an event that a process had not read when it was killed. It does not occur here, because
# the killer waits until everything is read.
class Chaos
  include WorkerProcesses

  MODES = { sequential: [1, false], concurrent: [4, false], streaming: [4, true] }.freeze

  APP = <<~'RUBY'
    require "lamby"
    Lamby.config.workers = 2
    Lamby.config.invoke_mode = :response_stream if ENV["CHAOS_STREAMS"]
    chunks = Struct.new(:count, :text, :how) do
      def each
        yield text
        count.times { |i| sleep 0.001 if i.odd?; yield "x" * (i.even? ? 10 : 20_000) }
        raise "broken off" if how == "raise-late"
        sleep if how == "stop"
        yield "end"
      end
    end
    Lamby.config.rack_app = lambda do |env|
      number, how, count, length = env["PATH_INFO"].delete_prefix("/").split("/")
      body = env["rack.input"].read
      raise "the body has #{body.bytesize} bytes" unless body.bytesize == length.to_i
      till = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 0.03
      case how
      when "raise" then raise "invocation #{number}"
      when "wait" then sleep 0.01
      when "compute" then nil while Process.clock_gettime(Process::CLOCK_MONOTONIC) < till
      when "stop" then sleep unless ENV["CHAOS_STREAMS"]
      when "compute-on" then nil while true
      end
      [200, { "content-type" => "text/plain" }, chunks.new(count.to_i, "begin #{number} ", how)]
    end
  RUBY

  # What happens to one invocation. `poll`: what happens to the request that would get it. `event`: how it is sent.
  # `app`: what the handler does. `reply`: what happens to its responses, one after the other; then all goes well.
  # `kill`: when its process is killed.
  Plan = Struct.new(:number, :poll, :event, :app, :chunks, :bytes, :reply, :kill, :id) do
    # @param number [Integer]
    # @param random [Random]
    # @param kills [Boolean] whether there are processes to kill
    def self.draw(number, random, kills)
      draw = ->(likely, *others) { random.rand < 0.6 ? likely : others.sample(random: random) }
      plan = new(
        number,
        draw.call(nil, :reset, :close, :half_head, :delay),
        draw.call(:whole, :bytes, :chunked, :slow, :truncated),
        draw.call("return", "raise", "wait", "compute", "raise-late"),
        random.rand(4),
        draw.call(10, 400_000, 70_000),
        draw.call(
          [], [:delay], [:unread], [:half_read], [:unconfirmed], [:half_reply], [:refused], [:close], [:silent_close],
          %i[unread half_read], %i[half_read unconfirmed]
        ),
        (%i[event running computing response confirmation idle].sample(random: random) if random.rand < 0.06 && kills),
        SecureRandom.uuid
      )
      plan.prepare_kill if plan.kill
      plan
    end

    # Sets up the state in which it is killed, without other faults.
    def prepare_kill
      self.event = kill == :event ? :half : :whole
      self.app = { running: "stop", computing: "compute-on" }.fetch(kill, "return")
      self.reply = { response: [:kill_unread], confirmation: [:kill_unconfirmed] }.fetch(kill, [])
    end
  end

  # What happened to one invocation.
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

  # @return [Hash{Symbol => Integer}] lost, doubled, hung, crashed, wrong
  def run
    @server = TCPServer.new("127.0.0.1", 0)
    @port = @server.addr[1]
    acceptor = Thread.new { accept }
    environment = { "LAMBY_CONCURRENCY" => @size.to_s, "CHAOS_STREAMS" => @streams ? "1" : nil }
    @process = RuntimeProcess.new(Struct.new(:address).new("127.0.0.1:#{@port}"), APP, environment: environment)
    # What has not come when nothing new has come for so long, hangs.
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

  # Ends the process when all is done, and checks that it ends cleanly.
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
    while (line = socket.gets("\r\n", chomp: true)) && (fields = Lamby::Local::RuntimeAPI::Exchange.read_fields(socket))
      path = line.split[1]
      keep = path.end_with?("/next") ? hand_out(socket) : take(socket, *path.split("/").last(2), fields)
      @changed = now
      break unless keep
    end
  rescue SystemCallError, IOError
    nil # The process has gone.
  ensure
    socket.close
  end

  # The ways to end a connection.
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
      if Lamby::Local::RuntimeAPI::Exchange.closed?(socket) # The worker was killed while it waited.
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

  def take(socket, id, kind, fields)
    plan = @by_id.fetch(id)
    fault = kind == "response" || plan.app.start_with?("raise") || plan.event == :truncated ? plan.reply.shift : nil
    case fault
    when :unread then return reset(socket)
    when :half_read, :kill_unread
      socket.readpartial(30)
      return fault == :kill_unread ? kill(socket) : reset(socket)
    when :refused then return refuse(plan, socket)
    end
    body, trailers = read_body(socket, fields)
    return false unless body

    accepted = accept_outcome(plan, kind, body, trailers)
    case fault
    when :unconfirmed then return reset(socket)
    when :half_reply
      socket.write("HTTP/1.1 202 Acc")
      return reset(socket)
    when :kill_unconfirmed then return kill(socket)
    when :delay then sleep 0.02
    end
    reply(socket, accepted ? 202 : 400, fault)
    @lock.synchronize { @states[plan].confirmed = true if accepted }
    kill_later(socket) if plan.kill == :idle && accepted
    fault != :silent_close && fault != :close
  end

  def reply(socket, status, fault = nil)
    socket.write("HTTP/1.1 #{status} X\r\n#{"Connection: close\r\n" if fault == :close}Content-Length: 2\r\n\r\n{}")
  end

  # Refuses a response as if it were too large. Does not read the rest, so the reply may get lost.
  def refuse(plan, socket)
    @lock.synchronize { @states[plan].outcome ||= "refused" }
    reply(socket, 413, :close)
    false
  end

  # Reads the body and its trailers; returns nil if it broke off.
  def read_body(socket, fields)
    if fields["transfer-encoding"] != "chunked"
      length = fields["content-length"].to_i
      body = socket.read(length).to_s
      return body.bytesize == length ? [body, {}] : nil
    end

    body = String.new
    until (size = socket.gets("\r\n")&.to_i(16)).nil? || size.zero?
      body << socket.read(size).to_s
      socket.read(2)
    end
    trailers = size && Lamby::Local::RuntimeAPI::Exchange.read_fields(socket)
    [body, trailers] if trailers
  end

  # Whether it is the first one.
  def accept_outcome(plan, kind, body, trailers)
    @lock.synchronize do
      state = @states[plan]
      if state.outcome
        # A worker may have been killed before it read the confirmation.
        state.doubled = true if state.confirmed && !body.include?("Runtime.WorkerEnded")
        return false
      end
      state.outcome = kind
      state.wrong = true unless right?(plan, kind, body, trailers)
      @changed = now
      true
    end
  end

  # A handler's response may be reported as failed if the connection broke.
  def right?(plan, kind, body, trailers)
    error = kind == "error" || !trailers.empty?
    return error if plan.app.start_with?("raise") || plan.event == :truncated || plan.kill == :event
    return true if error

    text = "begin #{plan.number} #{Array.new(plan.chunks) { |i| "x" * (i.even? ? 10 : 20_000) }.join}end"
    body.end_with?(@streams ? "\0#{text}" : "\"body\":\"#{text}\"}")
  end

  # Kills the process soon, when it runs the handler or waits for another invocation.
  def kill_later(socket)
    @lock.synchronize { @killers += 1 }
    @sockets << [Thread.new do
      sleep 0.03
      kill(socket)
    ensure
      @lock.synchronize { @killers -= 1 }
    end, socket]
  end

  # Kills the process at the other end; nothing is handed out meanwhile.
  def kill(socket)
    @handing.synchronize do
      pid = owner(socket) or next
      limit = now + 10
      sleep 0.002 until all_read?(@port) || now > limit
      sleep 0.05 # It was read, and is recorded at once.
      Process.kill("KILL", pid)
      @killed += 1
      sleep 0.002 while running?(pid)
    end
    false
  rescue SystemCallError, IOError
    false
  end

  # A process's connections are closed when the last of its threads has ended.
  def running?(pid)
    Dir.children("/proc/#{pid}/task").size > 1 || File.read("/proc/#{pid}/stat")[/\) (\w)/, 1] != "Z"
  rescue SystemCallError
    false
  end

  # The worker that holds the other end.
  def owner(socket)
    local, remote = [socket.remote_address.ip_port, @port].map { |port| format(":%04X", port) }
    line = File.readlines("/proc/net/tcp").map(&:split).find { |it| it[1].end_with?(local) && it[2].end_with?(remote) } or return
    children(@process.pid).find do |pid|
      Dir.glob("/proc/#{pid}/fd/*").any? { |fd| link(fd) == "socket:[#{line[9]}]" }
    end
  end

  def link(path)
    File.readlink(path)
  rescue SystemCallError
    nil
  end
end
