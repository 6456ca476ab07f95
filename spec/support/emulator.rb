# frozen_string_literal: true

require "net/http"
require "socket"
require "tempfile"

# AWS's Runtime Interface Emulator provides Lambda's Runtime API on this machine. It starts the runtime client as a
# child process.
# https://github.com/aws/aws-lambda-runtime-interface-emulator
class Emulator
  # @return [String] path of the emulator's program
  # @raise [RuntimeError] if it is not installed
  def self.program
    machine = RbConfig::CONFIG["host_cpu"].match?(/aarch64|arm64/) ? "arm64" : "x86_64"
    cache = ENV.fetch("XDG_CACHE_HOME") { File.join(Dir.home, ".cache") }
    path = ENV.fetch("AWS_LAMBDA_RIE") { File.join(cache, "lamby/aws-lambda-rie/aws-lambda-rie-#{machine}") }
    File.executable?(path) ? path : raise("there is no AWS Lambda emulator at #{path}: bin/test fetches it")
  end

  # Starts the emulator in its mode for Lambda Managed Instances, where a function gets several invocations at once. In
  # this mode, the emulator starts /var/runtime/bootstrap in the folder /var/task, as another user. This method creates
  # both paths in a mount namespace, so that no other process sees them.
  #
  # @param folder [String] the application's folder
  # @param concurrency [Integer] number of invocations at once
  # @return [Emulator] which runs `lamby runtime`
  def self.managed_instances(folder, concurrency)
    root = File.expand_path("../..", __dir__)
    File.write("#{folder}/bootstrap", "#!/bin/sh\nexec #{RbConfig.ruby} -I /var/lamby/lib /var/lamby/exe/lamby runtime\n")
    File.chmod(0o755, "#{folder}/bootstrap")
    File.chmod(0o777, folder)
    mounts = <<~SH
      mount -t tmpfs tmpfs /var
      mkdir /var/task /var/runtime /var/lamby
      mount --bind #{folder} /var/task
      mount --bind #{folder} /var/runtime
      mount --bind #{root} /var/lamby
      exec "$@"
    SH
    new("/var/runtime/bootstrap", "config/environment.Lamby.cmd", folder: folder, prefix: ["unshare", "--mount", "sh", "-ec", mounts, "sh"],
                                                                  environment: { "AWS_LAMBDA_MAX_CONCURRENCY" => concurrency.to_s })
  end

  # @return [Boolean] whether this process is allowed to mount folders, as {.managed_instances} does
  def self.managed_instances?
    system("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/var", out: File::NULL, err: File::NULL)
  end

  # Starts the emulator and waits until it listens.
  #
  # @param command [Array<String>] the runtime client and its arguments
  # @param folder [String] the application's folder
  # @param environment [Hash{String => String}] variables for the emulator and the client
  # @param prefix [Array<String>] a command that runs the emulator, such as unshare with its options
  # @param program [String] path of the emulator's program in the file system that the prefix sets up
  def initialize(*command, folder:, environment: {}, prefix: [], program: self.class.program)
    @log = Tempfile.new("emulator")
    @port, api_port = free_ports
    @pid = Process.spawn(
      { "AWS_LAMBDA_FUNCTION_TIMEOUT" => Waiting::LIMIT.ceil.to_s, "AWS_LAMBDA_FUNCTION_NAME" => "function" }.merge(environment),
      *prefix, program, "--runtime-interface-emulator-address", "127.0.0.1:#{@port}",
      "--runtime-api-address", "127.0.0.1:#{api_port}", *command,
      chdir: folder, in: File::NULL, out: @log, err: @log, pgroup: true
    )
    wait_until_it_listens
  rescue StandardError
    stop if @pid
    raise
  end

  # Invokes the function. Retries while the emulator refuses the invocation. In the mode for Managed Instances, the
  # emulator refuses an invocation when the runtime is not polling.
  #
  # @param event [String] JSON
  # @return [Net::HTTPResponse] the response of Lambda's Invoke API
  def invoke(event)
    Waiting.until("the runtime to take an invocation") do
      http = Net::HTTP.new("127.0.0.1", @port)
      http.read_timeout = Waiting::LIMIT
      response = http.post("/2015-03-31/functions/function/invocations", event, "Content-Type" => "application/json")
      response unless response.body.include?("Runtime.Unavailable")
    end
  end

  # @return [String] the output of the emulator and the client; it stays available after {stop}
  def log
    @last_log || File.read(@log.path, encoding: "UTF-8")
  end

  # Ends the emulator and the client, even during an invocation. The client has its own process group, so a signal to
  # the emulator's group does not reach the client. When the emulator gets SIGTERM, it ends the client.
  #
  # @param patience [Numeric] seconds to wait before both are killed
  def stop(patience: 5)
    Process.kill("TERM", @pid)
    Waiting.until("the end of the emulator", limit: patience) { Process.wait(@pid, Process::WNOHANG) }
  rescue Errno::ESRCH, Errno::ECHILD
    nil
  rescue RuntimeError
    [*children, @pid].each { |pid| Process.kill("KILL", pid) }
    Process.wait(@pid)
  ensure
    @last_log ||= log
    @log.close!
  end

  # @return [Array<Integer>] ids of the emulator's child processes
  def children
    Dir["/proc/[0-9]*/stat"].filter_map do |file|
      # The file contains "pid (name) state parent ...", and a name can contain spaces and parentheses.
      parent = File.read(file).rpartition(")").last.split[1].to_i
      File.basename(File.dirname(file)).to_i if parent == @pid
    rescue Errno::ENOENT, Errno::ESRCH
      nil # The process has ended since the list was read.
    end
  end

  private

  # Returns two free ports. Opens both before it closes them, so that they differ.
  def free_ports
    servers = Array.new(2) { TCPServer.new("127.0.0.1", 0) }
    servers.map { |server| server.addr[1] }
  ensure
    servers&.each(&:close)
  end

  def wait_until_it_listens
    Waiting.until("the emulator") do
      raise "the emulator ended" if Process.wait(@pid, Process::WNOHANG)

      TCPSocket.new("127.0.0.1", @port).close || true
    rescue Errno::ECONNREFUSED
      false
    end
  rescue RuntimeError => e
    raise "#{e.message}:\n#{log}"
  end
end
