# frozen_string_literal: true

# Measures what `lamby serve` adds to a request, beside Puma with the same application, and writes a table into
# docs/serve.md. It needs wrk, and Puma.
#
#   rake bench:serve
#   SECONDS=10 rake bench:serve    # a shorter load test; 60 seconds by default

require "socket"
require_relative "machine"

module Bench
  # Compares `lamby serve` with Puma.
  module Serve
    ROOT = File.expand_path("..", __dir__)
    PAGE = "#{ROOT}/docs/serve.md".freeze
    # The table is between these lines.
    MARKS = ["<!-- begin: rake bench:serve -->\n", "<!-- end: rake bench:serve -->\n"].freeze
    ROUNDS = 5
    SECONDS = Integer(ENV.fetch("SECONDS", "60"))
    # The example applications, with the path that is requested.
    APPLICATIONS = { "Rack" => "rack", "Rails" => "rails" }.freeze
    private_constant :ROOT, :PAGE, :MARKS, :ROUNDS, :SECONDS, :APPLICATIONS

    # A server in a process of its own.
    class Server
      attr_reader :name

      def initialize(name, folder, *command)
        @name = name
        @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
        command = command.map { |word| word.sub("PORT", @port.to_s) }
        # One thread, as in an execution environment.
        @pid = Process.spawn({ "RUBYLIB" => "#{ROOT}/lib" }, *command, chdir: folder, in: File::NULL, out: File::NULL, err: File::NULL)
        600.times { listening? ? break : sleep(0.1) }
        load(1, 1) # The first requests take longer.
      end

      # Runs wrk, and returns its figures.
      def load(connections, seconds)
        output = IO.popen(["wrk", "-t1", "-c#{connections}", "-d#{seconds}s", "http://127.0.0.1:#{@port}/"], &:read)
        errors = output.scan(/(?:connect|read|write|timeout) (\d+)/).flatten.sum(&:to_i) + output[/Non-2xx or 3xx responses: (\d+)/, 1].to_i
        { rate: Float(output[/Requests\/sec:\s+([\d.]+)/, 1]), requests: Integer(output[/(\d+) requests in/, 1]), errors: errors }
      end

      # Returns the resident memory in MB.
      def memory = File.read("/proc/#{@pid}/status")[/VmRSS:\s+(\d+)/, 1].to_i / 1024

      def stop
        Process.kill("TERM", @pid)
        Process.wait(@pid)
      end

      private

      def listening?
        TCPSocket.new("127.0.0.1", @port).close || true
      rescue SystemCallError
        false
      end
    end

    class << self
      def run
        rows = APPLICATIONS.filter_map { |name, folder| row(name, "#{ROOT}/examples/#{folder}") }
        table = <<~MARKDOWN
          | application | Puma, each request | `lamby serve`, each request | requests in #{SECONDS} s | failed | memory of `lamby serve` |
          |---|---|---|---|---|---|
          #{rows.join("\n")}

          #{Machine.processor}, Ruby #{RUBY_VERSION}, Puma #{puma_version}.
        MARKDOWN
        puts table
        write(table)
      end

      private

      def row(name, folder)
        return puts("#{name} is left out, because Rails is missing.") if name == "Rails" && !system("ruby -e 'require \"rails\"'", err: File::NULL)

        puma = Server.new("puma", folder, "puma", "--threads", "1:1", "--bind", "tcp://127.0.0.1:PORT", "config.ru")
        serve = Server.new("serve", folder, RbConfig.ruby, "#{ROOT}/exe/lamby", "serve", "--port", "PORT", "--no-reload")
        times = sides_in_turn(puma, serve)
        before = serve.memory
        whole = serve.load(8, SECONDS)
        after = serve.memory
        "| #{name} | #{times[0]} ms | #{times[1]} ms | #{whole[:requests]} | #{whole[:errors]} | #{before} MB before, #{after} MB after |"
      ensure
        [puma, serve].compact.each(&:stop)
      end

      # Returns the median time of a request of each side, in milliseconds, with one connection.
      def sides_in_turn(*servers)
        rates = Array.new(ROUNDS) { servers.map { |server| server.load(1, 2)[:rate] } }.transpose
        rates.map { |some| format("%.2f", 1000 / some.sort[ROUNDS / 2]) }
      end

      def puma_version
        require "puma/const"
        ::Puma::Const::PUMA_VERSION
      end

      def write(table)
        page = File.read(PAGE, encoding: "UTF-8")
        first, last = MARKS
        File.write(PAGE, page.sub(/#{Regexp.escape(first)}.*#{Regexp.escape(last)}/m) { "#{first}\n#{table}\n#{last}" })
      end
    end
  end
end

Bench::Serve.run
