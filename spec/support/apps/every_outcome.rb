# frozen_string_literal: false

require "json"
require "lamby"
PARSED = []
JSON.singleton_class.prepend(Module.new { def parse(source, *) = PARSED.push(source) && super })
Lamby.config.rack_app = lambda do |env|
  text = ->(it) { [200, { "content-type" => "text/plain" }, [it.to_s]] }
  case env["PATH_INFO"]
  when "/context"
    context = env["lambda.context"]
    names = %w[aws_request_id deadline_ms invoked_function_arn trace_id tenant_id function_name function_version
               memory_limit_in_mb log_group_name log_stream_name client_context identity]
    text.(JSON.generate(names.to_h { |name| [name, context.public_send(name)] }
      .merge("remaining" => context.get_remaining_time_in_millis, "env" => ENV["_X_AMZN_TRACE_ID"])))
  when "/parsed" then text.(PARSED.size)
  when "/echo" then [200, { "content-type" => "application/octet-stream" }, [env["rack.input"].read]]
  when "/raise" then raise ArgumentError, "no caf\u00E9"
  when "/bytes" then raise "\xFF\xFE".b
  when "/anonymous" then raise Class.new(StandardError), "nameless"
  when "/not-implemented" then raise NotImplementedError, "later"
  when "/deep" then (deep = -> { deep.call + 1 }).call
  when "/exit" then exit 3
  when "/abort" then abort "enough"
  when "/no-memory" then raise NoMemoryError, "failed to allocate memory"
  when "/exception" then raise Class.new(Exception) { def self.name = "Shop::Closed2" }, "closed"
  when "/thread" then Thread.current.kill
  when "/closed" # Waits until the Runtime API has closed the connection. /proc writes the state CLOSE_WAIT as 08.
    port = format("%04X", ENV.fetch("AWS_LAMBDA_RUNTIME_API")[/\d+\z/].to_i)
    sleep 0.001 until File.read("/proc/self/net/tcp").match?(/0100007F:#{port} 08 /)
    text.("hello")
  when "/late" then $stderr.puts("handling"); sleep
  when "/after"
    env["rack.after_reply"] << -> { $stderr.puts "after_reply 1" }
    env["rack.after_reply"] << -> { raise NotImplementedError, "oops" }
    env["rack.response_finished"] << ->(_, status, _, error) { $stderr.puts "finished 1: #{status} #{error.inspect}" }
    env["rack.response_finished"] << ->(*) { sleep 0.3; $stderr.puts "finished 2" }
    text.("answered")
  else text.("hello")
  end
end
