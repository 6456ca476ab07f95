# Echoes requests, and fails in the ways that `lamby serve` reports.
require "json"
require "lamby"

ENVIRONMENT = %w[
  AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_LOG_STREAM_NAME AWS_REGION LAMBDA_TASK_ROOT TZ _HANDLER
].freeze

def echo(env)
  context = env["lambda.context"]
  {
    "method" => env["REQUEST_METHOD"], "script_name" => env["SCRIPT_NAME"], "path" => env["PATH_INFO"], "query" => env["QUERY_STRING"],
    "host" => env["HTTP_HOST"], "custom" => env["HTTP_X_CUSTOM"], "body" => env["rack.input"].read.bytes.sum,
    "scheme" => env["rack.url_scheme"], "cookie" => env["HTTP_COOKIE"], "event" => env["lambda.event"],
    "environment" => ENV.slice(*ENVIRONMENT), "pid" => Process.pid, "version" => defined?(VERSION) ? VERSION : nil,
    "request_id" => context.aws_request_id, "trace" => ENV.fetch("_X_AMZN_TRACE_ID", nil), "left" => context.get_remaining_time_in_millis
  }
end

def chunks(count, failure: nil)
  Enumerator.new do |yielder|
    count.times do |number|
      # Waits for the test, which has read the chunk before.
      sleep 0.01 until number.zero? || File.exist?("continue-#{number}")
      yielder << "chunk #{number}\n"
    end
    raise failure if failure
  end
end

# Writes down how many chunks the server has accepted.
def large
  Enumerator.new do |yielder|
    600.times do |number|
      yielder << ("x" * 100_000)
      File.write("written", number + 1)
    end
  end
end

Lamby.configure do |config|
  config.rack_app = lambda do |env|
    text = { "content-type" => "text/plain" }
    case env["PATH_INFO"]
    when "/raise" then raise ArgumentError, "there is no <order>"
    when "/exit" then exit!(3)
    when "/kill" then Process.kill("KILL", Process.pid) && sleep
    when "/fork"
      # A daemon, which is in another process group, and keeps the connections and the output open.
      fork do
        Process.setsid
        File.write("forked", "")
        sleep 0.01 until File.exist?("continue")
      end
      [200, text, ["forked"]]
    when "/wait"
      File.write("waiting", "")
      sleep 0.01 until File.exist?("continue")
      [200, text, ["waited"]]
    when "/sleep"
      File.write("sleeping", "")
      sleep
    when "/stream" then [200, text.merge("set-cookie" => "a=1"), chunks(3)]
    when "/stream/fail" then [200, text, chunks(2, failure: "in the middle")]
    when "/stream/large" then [200, text, large]
    when "/large" then [200, text, ["x" * Integer(env["QUERY_STRING"].delete_prefix("size="))]]
    when "/binary" then [201, { "content-type" => "image/png", "set-cookie" => "b=2" }, ["\x89PNG\0".b]]
    else [200, { "content-type" => "application/json" }, [JSON.generate(echo(env))]]
    end
  end
end

# Handles events that are not HTTP.
Lamby.config.on(:direct) do |event, context|
  puts "handling #{event["task"]}"
  case event["task"]
  when "fail"
    File.write("attempts", "#{File.exist?("attempts") ? File.read("attempts") : ""}x")
    raise ArgumentError, "no such task"
  when "sleep" then sleep
  when "exit" then exit!(4)
  end
  { "done" => event["task"], "client" => context.client_context, "arn" => context.invoked_function_arn }
end

# A handler whose payload no integration can read.
def malformed(event:, context:) = "just text"

# A handler whose payload is too large for a load balancer.
def oversized(event:, context:) = { statusCode: 200, body: "x" * 1_100_000 }
