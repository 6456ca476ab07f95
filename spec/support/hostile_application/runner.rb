# frozen_string_literal: true

# Runs each case in a child process, without RSpec:
#
#   ruby -I lib runner.rb MODE       prints the outcome of each case as a line of JSON
#   ruby -I lib runner.rb MODE NAME  runs only this case
#
# DEBUG=1 in the environment shows the children's standard error.

require "json"
require "tmpdir"
require "lamby"
require_relative "cases"

module HostileApplication
  NEXT = EVENT.merge("rawPath" => "/next").freeze
  JSONS = [EVENT, NEXT].to_h { |event| [event, JSON.generate(event)] }.freeze

  # A child process that runs one case.
  class Child
    # @return [String] the outcomes that the child has reported
    attr_reader :report

    # @yield [IO] in the child, for its report
    def initialize
      reader, writer = IO.pipe
      @pid = fork do
        reader.close
        silence
        yield writer
      ensure
        exit!(1) # Skips the application's at_exit blocks.
      end
      writer.close
      @reader = reader
      @report = +""
    end

    # @return [Symbol] :ended or :hang
    def wait
      deadline = now + PATIENCE
      until @reader.closed?
        return :hang if now > deadline
        next unless @reader.wait_readable(0.1)

        chunk = @reader.read_nonblock(65_536, exception: false)
        chunk ? @report << chunk : @reader.close
      end
      :ended
    end

    # @return [Integer, nil] the signal that ended the child, or nil
    def end
      Process.kill("KILL", @pid) unless @reader.closed?
      _, status = Process.wait2(@pid)
      @reader.close
      status.termsig
    end

    private

    def silence
      nothing = File.open(File::NULL, "w")
      $stdout.reopen(nothing)
      $stderr.reopen(nothing) unless ENV.key?("DEBUG")
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end

  # Calls the handler.
  class Caller
    def initialize(mode)
      @bytes = mode == :bytes
    end

    def run(row)
      child = Child.new { |report| report.write(Marshal.dump([call(row, EVENT), call(row, NEXT)])) }
      return [["hang"], nil] if child.wait == :hang

      # The child ends with exit!, so it has crashed if a signal ended it.
      signal = child.end
      return [["crash", signal], nil] if signal
      return [["unanswered"], nil] if child.report.empty?

      Marshal.load(child.report) # rubocop:disable Security/MarshalLoad -- it is this process's child
    end

    private

    def call(row, event)
      event = @bytes ? JSONS.fetch(event).dup : Marshal.load(Marshal.dump(event)) # Cases modify the event.
      payload = Lamby.handler(HostileApplication.app(row), event, Context.new("8476a536-e9f4-11e8-9739-2dfe598c3fcd"))
      HostileApplication.payload(@bytes ? JSON.parse(payload) : payload.transform_keys(&:to_s))
    rescue Exception => e # rubocop:disable Lint/RescueException -- it is the outcome
      HostileApplication.error(Module.instance_method(:name).bind_call(Kernel.instance_method(:class).bind_call(e)))
    end
  end

  # Runs `lamby runtime`. A process with only one thread forks the children. If another thread held a lock at the fork,
  # such as a lock of AddressSanitizer, nothing would ever release that lock in the child.
  class Runner
    def initialize(mode)
      @streamed = mode == :streamed
      orders, @orders = IO.pipe
      @answers, answers = IO.pipe
      fork do
        [@orders, @answers].each(&:close)
        spawn_children(orders, answers)
      ensure
        exit!(0)
      end
      [orders, answers].each(&:close)
    end

    def run(row)
      api = Lamby::Testing::RuntimeAPI.new
      @status = nil
      @orders.puts("#{HostileApplication.cases.index(row)} #{api.address}")
      pid = @answers.gets.to_i
      first = api.invoke(JSONS.fetch(EVENT))
      outcome = wait(first)
      following = row.ends ? wait_for_end : wait(api.invoke(JSONS.fetch(NEXT))) unless @status
      outcome = ["answered", first.answers.size, "times"] if first.answers.size > 1
      [outcome, following || (["end"] if row.ends && @status == 0)]
    ensure
      kill(pid)
      api.close
    end

    private

    def spawn_children(orders, answers)
      orders.each_line do |line|
        index, address = line.split
        pid = fork { serve(HostileApplication.cases.fetch(index.to_i), address) }
        answers.puts(pid)
        _, status = Process.wait2(pid)
        answers.puts(status.termsig.to_i)
      end
    end

    def serve(row, address)
      nothing = File.open(File::NULL, "w")
      $stdout.reopen(nothing)
      $stderr.reopen(nothing) unless ENV.key?("DEBUG")
      Lamby.config.rack_app = HostileApplication.app(row)
      Lamby.config.invoke_mode = :response_stream if @streamed
      Lamby::Runtime.run("app.Lamby.cmd", address)
    rescue SignalException => e
      raise if e.signm == "SIGTERM"
    rescue Exception # rubocop:disable Lint/RescueException -- it ends the process, as in `lamby runtime`
      nil
    ensure
      exit!(1)
    end

    def wait(invocation)
      deadline = now + PATIENCE
      while invocation.answers.empty?
        return ["hang"] if now > deadline

        ended = ended?
        # The Runtime API's thread in this process may not yet have read what the child sent.
        deadline = [deadline, now + 2].min if ended
        return died if ended && now > deadline - 1

        sleep 0.002
      end
      delivered(invocation.answers.first)
    end

    def wait_for_end
      deadline = now + PATIENCE
      until ended?
        return ["hang"] if now > deadline

        sleep 0.002
      end
      @status.zero? ? ["end"] : ["crash", @status]
    end

    def died
      @status.zero? ? ["unanswered"] : ["crash", @status]
    end

    # Returns whether the child has ended. @status is then the signal that ended the child, or zero.
    def ended?
      @status ||= @answers.gets.to_i if @status || @answers.wait_readable(0)
      !@status.nil?
    end

    def delivered(answer)
      type = answer.trailers["lambda-runtime-function-error-type"]
      type ||= JSON.parse(answer.body)["errorType"] if answer.kind == :error
      return HostileApplication.error(type.sub(/\A\w+\./, "")) if type
      return HostileApplication.payload(JSON.parse(answer.body)) unless answer.headers.value?("streaming")

      prelude, body = answer.body.b.split("\0" * 8, 2)
      HostileApplication.response(body, JSON.parse(prelude)["statusCode"])
    end

    def kill(pid)
      Process.kill("KILL", pid) unless ended?
      sleep 0.002 until ended?
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end

  class << self
    # @return [#call] the case's application, with an ordinary response to the event NEXT
    def app(row)
      lambda do |env|
        env["PATH_INFO"] == "/next" ? [200, HEADERS.dup, ["hello"]] : row.app.call(env)
      end
    end

    # @return [Array] the outcome of a payload
    def payload(payload)
      body = payload["isBase64Encoded"] ? payload["body"].unpack1("m") : payload["body"]
      response(body, payload["statusCode"])
    end
  end
end

mode = ARGV.fetch(0).to_sym
$stdout.sync = true
# Loads the runtime once here, so that each child does not have to.
Lamby::Runtime.constants.each { |name| Lamby::Runtime.const_get(name) }
Lamby::Testing::RuntimeAPI.const_get(:Exchange)
rows = HostileApplication.cases.select { |row| row.modes.include?(mode) && [nil, row.name].include?(ARGV[1]) }
Dir.mktmpdir do |folder|
  File.write("#{folder}/app.rb", "") # The handler's file is empty, because {Runner} sets the application.
  Dir.chdir(folder) do
    runner = %i[hash bytes].include?(mode) ? HostileApplication::Caller.new(mode) : HostileApplication::Runner.new(mode)
    rows.each do |row|
      outcome, following = runner.run(row)
      puts JSON.generate({ name: row.name, outcome: outcome, next: following })
    end
  end
end
