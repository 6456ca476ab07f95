# frozen_string_literal: false

require "lamby"
Lamby.config.workers = 2
Lamby.config.rack_app = lambda do |env|
  case env["PATH_INFO"]
  when "/wait" then sleep
  when "/keep-lock" then File.write("pid", Process.pid) && PAUSE.call
  when "/die" then Process.kill("KILL", Process.pid) && sleep
  when "/die-later" then env["rack.response_finished"] << ->(*) { Process.kill("KILL", Process.pid) && sleep }
  when "/stream"
    body = lambda do |stream|
      stream.write("first")
      stream.flush
      Process.kill("KILL", Process.pid) && sleep
    end
  end
  [200, { "content-type" => "text/plain" }, body || [Process.pid.to_s]]
end
