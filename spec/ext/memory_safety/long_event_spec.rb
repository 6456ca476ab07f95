# frozen_string_literal: true

RSpec.describe "The memory" do
  describe "of a 48 MB event" do
    # The event is larger than the buffers of the sockets, so the client reads it while the server sends it.
    server = <<~'RUBY'
      require "socket"
      LENGTH = 48 * 1024 * 1024
      server = TCPServer.new("127.0.0.1", 0)
      head = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a\r\nContent-Length: #{LENGTH}\r\n\r\n"
      half = lambda do |connection|
        connection.readpartial(4096)
        connection.write(head, "{" * (LENGTH - 1))
      end
      client = Lamby.module_eval("Native")::RuntimeClient.new("127.0.0.1:#{server.addr[1]}", "spec")
      seen = -> { ObjectSpace.each_object(String).any? { |string| string.bytesize >= LENGTH && string.getbyte(0) == 123 && string.getbyte(LENGTH - 1) != 123 } }
    RUBY

    it "is not visible to other threads before the event is complete" do
      expect(in_a_process(server + <<~'RUBY')).to eq([false, true, "String", "UTF-8", false])
        found = nil
        thread = Thread.new do
          connection = server.accept
          half.call(connection)
          # `seen` ignores strings that are shorter than the event. The string that `half` has sent is one byte shorter.
          GC.start
          found = seen.call
          connection.write("}")
          connection
        end
        event = client.next.first
        puts JSON.generate([found, event == "{" * (LENGTH - 1) + "}", event.class.name, event.encoding.name, event.frozen?])
      RUBY
    end

    it "is freed if the connection is closed in the middle of the event, or if the thread that reads the event is interrupted" do
      expect(in_a_process(server + <<~'RUBY')).to eq(["Lamby::Runtime::TruncatedEvent", "interrupted", false])
        errors = []
        thread = Thread.new { server.accept.tap(&half).close }
        begin
          client.next
        rescue StandardError => e
          errors << e.class.name
        end
        thread.join
        connection = nil
        reader = Thread.current
        thread = Thread.new { half.call(connection = server.accept); reader.raise("interrupted") }
        begin
          client.next
        rescue StandardError => e
          errors << e.message
        end
        thread.join
        client.disconnect
        GC.start
        GC.compact if GC.respond_to?(:compact)
        puts JSON.generate(errors << seen.call)
      RUBY
    end
  end
end
