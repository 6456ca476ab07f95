# frozen_string_literal: false

require "lamby"
Lamby.config.workers = 2
Lamby.config.invoke_mode = :response_stream if ENV["CHAOS_STREAMS"]
chunks = Struct.new(:count, :text, :how) do
  def each
    yield text
    count.times { |i| sleep 0.001 if i.odd?; yield "x" * (i.even? ? 10 : 20_000) }
    raise "broken off" if how == "raise-late"

    sleep if how == "stop"
    yield "end"
  end
end
Lamby.config.rack_app = lambda do |env|
  number, how, count, length = env["PATH_INFO"].delete_prefix("/").split("/")
  body = env["rack.input"].read
  raise "the body has #{body.bytesize} bytes" unless body.bytesize == length.to_i

  till = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 0.03
  case how
  when "raise" then raise "invocation #{number}"
  when "wait" then sleep 0.01
  when "compute" then nil while Process.clock_gettime(Process::CLOCK_MONOTONIC) < till
  when "stop" then sleep unless ENV["CHAOS_STREAMS"]
  when "compute-on" then nil while true
  end
  [200, { "content-type" => "text/plain" }, chunks.new(count.to_i, "begin #{number} ", how)]
end
