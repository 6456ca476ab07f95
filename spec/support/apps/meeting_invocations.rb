# frozen_string_literal: false

require "json"
require "lamby"
Lamby.config.before_fork { $stderr.puts "before_fork" }
Lamby.config.after_fork { |index| $stderr.puts "after_fork #{index}" }
Lamby.config.on_shutdown { $stderr.puts "hook in #{Process.pid}" }
Lamby.config.rack_app = lambda do |env|
  case env["PATH_INFO"]
  when "/meet" # Waits until the number of invocations in flight is the number in the query.
    File.write("met/#{env["lambda.context"].aws_request_id}", "")
    sleep 0.01 until Dir.children("met").size >= env["QUERY_STRING"].to_i
  when "/wait" then sleep
  when "/exit" then exit 3
  when "/kill-thread" then Thread.current.kill
  when "/kill-process" then Process.kill("KILL", Process.pid) && sleep
  when "/leave-child" # The child inherits every descriptor that its parent had open.
    $stderr.puts "child #{fork { sleep }}"
    Process.kill("KILL", Process.pid) && sleep
  when "/raise-in-others" then (Thread.list - [Thread.current, Thread.main]).each { |it| it.raise(IOError, "from outside") }
  when "/raise" then raise "oops"
  end
  context = env["lambda.context"]
  [200, { "content-type" => "application/json" }, [JSON.generate(
    "pid" => Process.pid, "id" => context.aws_request_id, "trace" => context.trace_id, "env" => ENV["_X_AMZN_TRACE_ID"],
    "header" => env["HTTP_X_REQUEST_ID"], "multithread" => env["rack.multithread"]
  )]]
end
