# frozen_string_literal: false

require "lamby"
headers = { "content-type" => "text/event-stream" }
over = -> { File.exist?("over") }
# Writes until the spec creates the file "over". Rescues every error and goes on, as the code of a feed may do.
feed = lambda do |out|
  until over.call
    begin
      out << "tick "
      sleep 0.01
    rescue StandardError => e
      $stderr.puts "rescued #{e.class}"
    end
  end
end
wait = lambda do
  sleep 0.01 until over.call
rescue StandardError
  retry
end
large = "x" * 100_000
ways = {
  "goes on to write" => feed,
  "waits" => ->(out) { out << "tick "; wait.call },
  "waits in an ensure" => ->(out) { begin; out << "tick "; sleep; ensure; wait.call; end },
  "flushes" => ->(out) { out << "tick "; begin; out.respond_to?(:flush) ? out.flush : out << ""; sleep 0.01; rescue StandardError; end until over.call },
  "goes on to write to a slow reader" => ->(out) { begin; out << large; rescue StandardError => e; $stderr.puts "rescued #{e.class}"; sleep 0.01; end until over.call },
  "ends" => ->(out) { begin; loop { out << "tick "; sleep 0.01 }; rescue StandardError; end },
  "raises something else" => ->(out) { begin; loop { out << "tick "; sleep 0.01 }; rescue StandardError; raise ArgumentError, "else"; end },
  "is quick" => ->(out) { out << "tick " },
  "is exact" => ->(out) { out << "tick "; sleep [File.read("until").to_f - Process.clock_gettime(Process::CLOCK_REALTIME), 0].max; out << "tick " }
}
Lamby.config.rack_app = lambda do |env|
  write = ways.fetch(env["QUERY_STRING"].tr("+", " "))
  body =
    case env["PATH_INFO"]
    when "/each" then Enumerator.new(&write)
    when "/call" then ->(out) { begin; write.call(out); ensure; out.close rescue nil; end }
    when "/thread" then ->(out) { Thread.new { write.call(out); out.close rescue nil } }
    when "/beside" then ->(out) { Thread.new { write.call(out) }; wait.call }
    end
  [200, headers, body]
end
