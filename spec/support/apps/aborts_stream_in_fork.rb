# frozen_string_literal: false

require "lamby"
Lamby.config.rack_app = lambda do |env|
  body = Enumerator.new do |out|
    out << "one "
    if (pid = fork)
      Process.wait(pid)
    else
      stream = env["lambda.context"].response_stream
      stream.abort
      GC.start
      exit
    end
    out << "two"
  end
  [200, {}, body]
end
