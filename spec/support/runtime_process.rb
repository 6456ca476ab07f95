# frozen_string_literal: true

require "fileutils"
require "tempfile"
require "tmpdir"

# Runs `lamby runtime` with an application in a separate process.
class RuntimeProcess
  ROOT = File.expand_path("../..", __dir__)

  attr_reader :pid, :folder

  class << self
    # @return [Array<RuntimeProcess>] the processes that were started and not stopped
    def started
      @started ||= []
    end
  end

  # @param api [Lamby::Testing::RuntimeAPI]
  # @param code [String, nil] the Ruby code of the handler's file
  # @param handler [String]
  # @param folder [String, nil] the application's folder, or nil for a new one
  # @param redirect [Hash{Integer => IO}] descriptors in addition to the standard ones
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

  # @return [String] the process's output
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

  # @return [Process::Status, nil] nil while the process runs
  def status
    @lock.synchronize { @status ||= Process.wait2(pid, Process::WNOHANG)&.last }
  end

  # @return [Boolean]
  def ended?
    !status.nil?
  end

  # @param seconds [Numeric]
  # @return [Process::Status] the status with which it has ended
  # @raise [RuntimeError] if it does not end in time
  def wait(seconds = Waiting::LIMIT)
    Waiting.until("the end of the runtime", limit: seconds, processes: []) { status }
  rescue RuntimeError => e
    raise "#{e.message}:\n#{log}"
  end

  # Kills the process, and deletes its folder.
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
