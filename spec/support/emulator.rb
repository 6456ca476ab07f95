# frozen_string_literal: true

require "net/http"
require "socket"
require "tempfile"

# AWS's own Lambda on this machine: the Runtime Interface Emulator, with a client
# process that it starts.
# https://github.com/aws/aws-lambda-runtime-interface-emulator
class Emulator
  # @return [String] the emulator's program
  # @raise [RuntimeError] where it is not there
  def self.program
    machine = RbConfig::CONFIG["host_cpu"].match?(/aarch64|arm64/) ? "arm64" : "x86_64"
    cache = ENV.fetch("XDG_CACHE_HOME") { File.join(Dir.home, ".cache") }
    path = ENV.fetch("AWS_LAMBDA_RIE") { File.join(cache, "lamby/aws-lambda-rie/aws-lambda-rie-#{machine}") }
    File.executable?(path) ? path : raise("there is no AWS Lambda emulator at #{path}: bin/test fetches it")
  end

  # @param command [Array<String>] the client and its arguments
  # @param folder [String] the application's
  def initialize(*command, folder:, environment: {})
    @log = Tempfile.new("emulator")
    @port = free_port
    @pid = Process.spawn(
      { "AWS_LAMBDA_FUNCTION_TIMEOUT" => "30", "AWS_LAMBDA_FUNCTION_NAME" => "function" }.merge(environment),
      self.class.program, "--runtime-interface-emulator-address", "127.0.0.1:#{@port}",
      "--runtime-api-address", "127.0.0.1:#{free_port}", *command,
      chdir: folder, in: File::NULL, out: @log, err: @log, pgroup: true
    )
    wait_until_it_listens
  end

  # Invokes the function.
  #
  # @param event [String] JSON
  # @return [Net::HTTPResponse] as Lambda's own Invoke API answers
  def invoke(event)
    http = Net::HTTP.new("127.0.0.1", @port)
    http.read_timeout = 60
    http.post("/2015-03-31/functions/function/invocations", event, "Content-Type" => "application/json")
  end

  # @return [String] what the emulator and the client have printed
  def log
    File.read(@log.path)
  end

  # Ends the emulator and the client.
  def stop
    Process.kill("KILL", -@pid)
    Process.wait(@pid)
    @log.close!
  rescue Errno::ESRCH, Errno::ECHILD
    nil
  end

  private

  def free_port
    server = TCPServer.new("127.0.0.1", 0)
    server.addr[1]
  ensure
    server&.close
  end

  def wait_until_it_listens
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 20
    begin
      TCPSocket.new("127.0.0.1", @port).close
    rescue Errno::ECONNREFUSED
      raise "the emulator does not listen:\n#{log}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep 0.02
      retry
    end
  end
end
