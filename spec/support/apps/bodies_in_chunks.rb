# frozen_string_literal: false

require "lamby"
go_on = ->(name) { sleep 0.001 until File.exist?(name) }
each = Class.new do
  def initialize(&block) = @block = block
  def each(&block) = @block.call(block)
end
of = ->(*pieces) { each.new { |yielder| pieces.each { |piece| yielder.call(piece) } } }
headers = { "content-type" => "text/plain", "Transfer-Encoding" => "chunked" }
framed = "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nx-trailer: 1\r\n\r\n"
Lamby.config.rack_app = lambda do |env|
  case env["PATH_INFO"]
  when "/array" then [200, headers, [framed]]
  when "/length" then [200, headers.merge("content-length" => framed.bytesize.to_s), [framed]]
  when "/bytes" then [200, headers, of.(*framed.chars)]
  when "/at-once" then [200, headers, each.new { |yielder| yielder.call("5\r\nfirst\r\n"); go_on.("second"); yielder.call("0\r\n\r\n") }]
  when "/split" then [200, headers, of.("1", "0\r\n0123456789abcdef", "\r", "\n0\r\n\r", "\n")]
  when "/binary" then [200, headers, of.("4\r\n\xFF\x00\r\n\r\n0\r\n\r\n".b)]
  when "/call" then [200, headers, ->(stream) { stream << "5\r\n" << stream.read << "\r\n"; stream.flush; stream.write("0\r\n", "\r\n"); stream.close; $stderr.puts "closed: #{stream.closed?}" }]
  when "/thread" then [200, headers, ->(stream) { Thread.new { framed.chars.each { |char| stream << char }; stream.close } }]
  when "/hijack" then [200, headers.merge("rack.hijack" => ->(io) { io.write(framed); io.close }), []]
  when "/file" then File.binwrite("framed", framed); [200, headers, Struct.new(:to_path).new("framed") { def each = raise("read into memory") }]
  when "/plain" then [200, headers, of.("<p>", "not framed", "</p>")]
  when "/plain-thread" then [200, headers, ->(stream) { Thread.new { stream << "abc"; stream.close } }]
  when "/digits" then [200, headers, of.("10\r\n", "20\r\n", "30\r\n")]
  when "/empty" then [200, headers, []]
  when "/malformed" then [200, headers, of.("5\r\nhello\r\n", "<p>")]
  when "/no-end" then [200, headers, of.("5\r\nhello\r\n")]
  when "/no-end-call" then [200, headers, ->(stream) { Thread.new { stream << "5\r\nhello\r\n"; stream.close rescue nil } }]
  when "/late" then [200, headers, ->(stream) { stream << framed; stream.close; begin; stream << "x"; rescue => e; $stderr.puts "rescued #{e.class}"; end }]
  else [200, { "content-type" => "text/plain" }, [framed]]
  end
end
