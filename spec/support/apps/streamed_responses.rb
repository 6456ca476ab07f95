# frozen_string_literal: false

require "json"
require "lamby"
# Waits until the spec has created the file.
go_on = ->(name) { sleep 0.001 until File.exist?(name) }
headers = { "content-type" => "text/plain" }
chunk = "x" * 100_000
each = Class.new do
  def initialize(&block) = @block = block
  def each(&block) = @block.call(block)
  def close = $stderr.puts("body closed")
end
Lamby.config.rack_app = lambda do |env|
  case env["PATH_INFO"]
  when "/array" then [200, headers, ["one ", "two"]]
  when "/headers" then [201, { "Content-Type" => "text/plain", "set-cookie" => ["a=1", "b=2"], "x-quote" => 'say "hi"' }, ["ok"]]
  when "/binary" then [200, { "content-type" => "image/png" }, ["\xFF\x00\r\n".b]]
  when "/empty" then [204, {}, []]
  when "/each" then [200, headers, each.new { |yielder| yielder.call("first"); go_on.("second"); yielder.call("second") }]
  when "/prelude" then [200, headers, each.new { |yielder| go_on.("first"); yielder.call("late") }]
  when "/call" then [200, headers, ->(stream) { stream.write("a", "b"); stream << "c"; stream.flush; go_on.("second"); stream.write("d"); stream.close }]
  when "/thread" then [200, headers, ->(stream) { Thread.new { 3.times { |i| sleep 0.02; stream << i.to_s }; stream.close } }]
  when "/echo" then [200, headers, ->(stream) { stream.write(stream.read.upcase); stream.close; $stderr.puts "closed: #{stream.closed?}" }]
  when "/closed" then [200, headers, ->(stream) { stream.close; begin; stream.write("x"); rescue IOError => e; $stderr.puts "rescued #{e.class}"; end }]
  when "/file" then [200, headers, Struct.new(:to_path).new("file.bin") { def each = raise("read into memory") }]
  when "/hijack" then [200, headers.merge("rack.hijack" => ->(io) { io.write("hijacked"); io.close }), []]
  when "/default" then [200, Hash.new("default").merge!(headers), ["ok"]]
  when "/raise-before" then [200, headers, each.new { |_| raise ArgumentError, "before" }]
  when "/app-raises" then raise ArgumentError, "app"
  when "/raise-after" then [200, headers, each.new { |yielder| yielder.call("some"); raise ArgumentError, "after\u00E9" }]
  when "/raise-deep"
    deep = ->(n) { n.zero? ? raise(ArgumentError, "\u0001\u00E9" * 2_000) : deep.call(n - 1) }
    [200, headers, each.new { |yielder| yielder.call("some"); deep.call(80) }]
  when "/length" then [200, headers.merge("content-length" => env["QUERY_STRING"]), each.new { |yielder| yielder.call("12345") }]
  when "/large-headers" then [200, headers.merge("x" => "y" * 20_000), ["ok"]]
  when "/tiny" then [200, headers, each.new { |yielder| 2_000.times { |i| yielder.call("#{i}\n") } }]
  when "/for-ever" then [200, headers, each.new { |yielder|
    begin
      loop { yielder.call(chunk) }
    rescue IOError => e
      $stderr.puts "writer got #{e.class}"
      raise
    ensure
      $stderr.puts "ensure"
    end
  }]
  when "/thread-for-ever" then [200, headers, ->(stream) {
    Thread.new { loop { stream.write(chunk) } rescue $stderr.puts("writer got #{$!.class}") }
    go_on.("fail") unless env["QUERY_STRING"] == "slow"
    sleep if env["QUERY_STRING"] == "slow"
    raise ArgumentError, "beside a writer"
  }]
  when "/pair" then [200, headers, each.new { |yielder| yielder.call("1"); yielder.call("2"); go_on.("second"); yielder.call("3") }]
  when "/little-and-large" then [200, headers, each.new { |yielder| 2.times { yielder.call("little") }; loop { yielder.call(chunk) } }]
  when "/large" then [200, headers, each.new { |yielder| 5.times { yielder.call(chunk) }; $stderr.puts "all is written" }]
  when "/slow" then [200, headers, each.new { |yielder| yielder.call("some"); sleep }]
  when "/after" then env["rack.response_finished"] << ->(*, error) { $stderr.puts "finished: #{error.inspect}" }; [200, headers, ["ok"]]
  else [200, headers, ["hello"]]
  end
end
