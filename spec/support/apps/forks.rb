# frozen_string_literal: false

require "json"
require "lamby"
at_exit { $stderr.puts "at_exit in #{Process.pid}" }
Lamby.config.on_shutdown { $stderr.puts "on_shutdown in #{Process.pid}" }
Lamby.config.handled_proc = ->(*) { $stderr.puts "handled in #{Process.pid}" }
# Runs the action `what` in the child process.
child = lambda do |what, out|
  case what
  when "exit" then exit 3
  when "abort" then abort "enough"
  when "raise" then raise ArgumentError, "in the child"
  when "exec" then exec("no-such-program")
  when "exception" then raise Exception, "in the child"
  when "kill-thread" then Thread.current.kill
  when "throw" then throw :done
  when "terminate" then Process.kill("TERM", Process.pid) && sleep
  when "write" then out.write("by the child")
  when "write-much" then out.write("by the child" * 1000)
  when "write-and-close" then out.write("by the child") && out.close
  when "write-twice"
    out.write("by the child")
    sleep 0.05
    out.write("by the child")
  when "sleep" then sleep 1.2
  end
end
# Forks a child that runs the action `what`. In the child, returns nil. In the parent, waits for the child and returns
# its exit status; for "sleep", returns "slept" without waiting.
forked = lambda do |what, out = nil|
  pid = what == "popen" ? (pipe = IO.popen("-")) && pipe.pid : fork
  next child.call(what, out) && nil unless pid

  $stderr.puts "child #{pid}"
  what == "sleep" ? Process.detach(pid) : Process.wait(pid)
  what == "sleep" ? "slept" : $?.exitstatus.to_s
end
each = Struct.new(:what, :forked) do
  def each(&block)
    yield "begun "
    out = Object.new
    out.define_singleton_method(:write) { |chunk| block.call(chunk) }
    out.define_singleton_method(:close) {}
    forked.call(what, out)&.then(&block)
  end
end
Lamby.config.rack_app = lambda do |env|
  env["rack.response_finished"] << ->(*) { $stderr.puts "finished in #{Process.pid}" }
  what = env["QUERY_STRING"]
  headers = { "content-type" => "text/plain" }
  case env["PATH_INFO"]
  when "/" then [200, headers, [forked.call(what).to_s]]
  when "/each" then [200, headers, each.new(what, forked)]
  when "/call" then [200, headers, ->(out) { out << "begun "; forked.call(what, out)&.then { |it| out << it }; out.close }]
  when "/close"
    body = ["well"].each
    body.define_singleton_method(:close) { forked.call(what) }
    [200, headers, body]
  else [200, headers, ["well"]]
  end
end
