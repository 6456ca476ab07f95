# frozen_string_literal: true

require "fileutils"
require "json"
require "net/http"
require "socket"
require "tempfile"
require "tmpdir"

# Runs `lamby serve` with an application in a separate process, and sends requests to it.
class ServeProcess
  ROOT = File.expand_path("../..", __dir__)
  private_constant :ROOT

  attr_reader :folder, :pid

  class << self
    # @return [Array<ServeProcess>] the processes that were started and not stopped
    def started
      @started ||= []
    end
  end

  # Starts the server, and waits until it accepts connections.
  #
  # @param arguments [Array<String>] arguments of `lamby serve`. The default of the handler is app.Lamby.cmd
  # @param code [String] the Ruby code of the handler's file, app.rb
  # @param environment [Hash{String => String}]
  # @param files [Hash{String => String}] names and contents of further files
  # @param folder [String, nil] the application's folder, or nil for a new one
  def initialize(*arguments, code: SpecApps.source(:serve), environment: {}, files: {}, folder: nil)
    arguments.unshift("app.Lamby.cmd") unless arguments.first.to_s.include?(".")
    @own = folder.nil?
    @folder = folder || File.realpath(Dir.mktmpdir)
    { "app.rb" => code, **files }.each { |name, text| write(name, text) } if @own
    @log = Tempfile.new("serve")
    @pid = Process.spawn(
      { "RUBYOPT" => nil }.merge(environment), RbConfig.ruby, "-I", "#{ROOT}/lib", "#{ROOT}/exe/lamby", "serve", "--port", "0",
      *arguments, chdir: @folder, in: File::NULL, out: @log, err: @log
    )
    self.class.started << self
    Waiting.until("the address in #{log}", processes: []) { ended? || url }
  end

  # @return [String] what the server has printed
  def log = File.read(@log.path, encoding: "UTF-8")

  # @return [String, nil] the address that the server has printed
  def url = log[%r{^http://\S+}]

  # @return [Integer]
  def port = URI(url).port

  # Writes a file of the application.
  def write(name, text = "") = File.write("#{@folder}/#{name}", text)

  # Waits until the application has written a file.
  def until_file(name)
    Waiting.until("the file #{name}", processes: []) { File.exist?("#{@folder}/#{name}") }
  end

  # Waits until the server has printed a text.
  def until_log(text)
    Waiting.until("#{text.inspect} in the output", processes: []) { log[text] }
  rescue RuntimeError => e
    raise "#{e.message}:\n#{log}"
  end

  # @return [Net::HTTPResponse]
  def request(method = "GET", path = "/", headers: {}, body: nil, host: "localhost")
    request = Net::HTTPGenericRequest.new(method, !body.nil?, method != "HEAD", path, { "accept-encoding" => "identity" }.merge(headers))
    Net::HTTP.start(host, port, read_timeout: Waiting::LIMIT) { |http| http.request(request, body) }
  end

  # @return [Hash] what the application has echoed
  def echo(...)
    response = request(...)
    raise "#{response.code} #{response.body}\n#{log}" unless response.code == "200"

    JSON.parse(response.body)
  end

  # Sends a request, and yields the socket.
  def open(path, headers = {})
    lines = { "host" => "localhost" }.merge(headers).map { |name, value| "#{name}: #{value}\r\n" }
    socket = TCPSocket.new("127.0.0.1", port)
    socket.write("GET #{path} HTTP/1.1\r\n#{lines.join}\r\n")
    yield socket
  ensure
    socket&.close
  end

  # @return [Integer] resident memory of the server in bytes
  def resident = File.read("/proc/#{pid}/statm").split[1].to_i * 4096

  # Ends the server as Ctrl-C does.
  #
  # @return [Process::Status]
  def interrupt
    Process.kill("INT", pid)
    Waiting.until("the end of the server", processes: []) { status }
  end

  # @return [Process::Status, nil] nil while the process runs
  def status = @status ||= Process.wait2(pid, Process::WNOHANG)&.last

  # @return [Boolean]
  def ended? = !status.nil?

  # Ends the process, and deletes its folder.
  def stop
    interrupt unless ended?
  ensure
    self.class.started.delete(self)
    FileUtils.rm_rf(@folder) if @own
  end
end
