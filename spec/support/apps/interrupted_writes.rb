# frozen_string_literal: false

require "lamby"
require "timeout"
piece = "x" * 64_000_000 # Larger than the buffers of the sockets, so the write blocks until the Runtime API reads.
go_on = -> { sleep 0.01 until File.exist?("go_on") }
Lamby.config.rack_app = lambda do |env|
  body = ->(out) do
    out << "begin "
    begin
      Thread.new { sleep 0.1; piece.replace("y") } if env["QUERY_STRING"] == "change-early"
      Timeout.timeout(0.5) { out << piece }
    rescue Timeout::Error
      $stderr.puts "interrupted"
      piece.replace("y") if env["QUERY_STRING"] == "change"
      go_on.call
    end
    case env["PATH_INFO"]
    when "/on" then out << " end"
    when "/raise" then raise ArgumentError, "later"
    when "/kill" then Thread.current.kill
    end
    out.close
  end
  [200, {}, body]
end
