# frozen_string_literal: true

require "fileutils"
require "tempfile"
require "tmpdir"

# `lamby runtime` as a process of its own, with an application of its own.
class RuntimeProcess
  ROOT = File.expand_path("../..", __dir__)

  attr_reader :pid, :folder

  class << self
    # @return [Array<RuntimeProcess>] those that were started and not stopped
    def started
      @started ||= []
    end
  end

  # @param api [Lamby::Local::RuntimeAPI]
  # @param code [String, nil] Ruby, the handler's file
  # @param handler [String]
  # @param folder [String] the application's, where there is one already
  # @param redirect [Hash{Integer => IO}] descriptors beside the standard ones
  def initialize(api, code, handler: "app.Lamby.cmd", environment: {}, arguments: [], redirect: {}, folder: nil)
    @folder = folder || Dir.mktmpdir
    @own = folder.nil?
    File.write("#{@folder}/app.rb", code) if code
    @log = Tempfile.new("runtime")
    @pid = Process.spawn(
      { "AWS_LAMBDA_RUNTIME_API" => api.address, "_HANDLER" => handler, "RUBYOPT" => nil }.merge(environment),
      RbConfig.ruby, "-I", "#{ROOT}/lib", "#{ROOT}/exe/lamby", "runtime", *arguments,
      chdir: @folder, in: File::NULL, out: @log, err: @log, **redirect
    )
    @lock = Mutex.new
    self.class.started << self
  end

  # @return [String] all that it has printed
  def log
    File.read(@log.path, encoding: "UTF-8")
  end

  # @return [Integer] resident memory in bytes
  def resident
    File.read("/proc/#{pid}/statm").split[1].to_i * 4096
  end

  # @return [Integer] open files and sockets
  def descriptors
    Dir.children("/proc/#{pid}/fd").size
  end

  def kill(signal)
    Process.kill(signal, pid)
  end

  # @return [Process::Status, nil] nil while it runs
  def status
    @lock.synchronize { @status ||= Process.wait2(pid, Process::WNOHANG)&.last }
  end

  # @return [Boolean]
  def ended?
    !status.nil?
  end

  # @param seconds [Numeric]
  # @return [Process::Status] when it has ended
  # @raise [RuntimeError] when it does not end
  def wait(seconds = Waiting::LIMIT)
    Waiting.until("the end of the runtime", limit: seconds, processes: []) { status }
  rescue RuntimeError => e
    raise "#{e.message}:\n#{log}"
  end

  # Ends it.
  def stop
    unless ended?
      kill("KILL")
      wait
    end
  ensure
    self.class.started.delete(self)
    FileUtils.rm_rf(@folder) if @own
  end
end
