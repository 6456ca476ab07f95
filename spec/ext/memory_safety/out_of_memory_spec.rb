# frozen_string_literal: true

RSpec.describe "A lack of memory" do
  describe "in Lamby.handler" do
    # Runs the block while the process may allocate at most `bytes` more bytes.
    limited = <<~'RUBY'
      GC.start
      leave = lambda do |bytes, &block|
        Process.setrlimit(:AS, File.read("/proc/self/statm").to_i * 4096 + bytes, Process::RLIM_INFINITY)
        block.call
        "answered"
      rescue NoMemoryError, Lamby::Error => e
        e.class.name
      ensure
        Process.setrlimit(:AS, Process::RLIM_INFINITY, Process::RLIM_INFINITY)
      end
      MEGABYTE = 1024 * 1024
      event = MixedEvents::MANY_HEADERS
      json = JSON.generate(event)
    RUBY

    before { skip "needs /proc, which only Linux has" unless File.exist?("/proc/self/statm") }

    it "does not occur if a body is too large for Lambda, because Lamby raises ResponseTooLarge first" do
      expect(in_a_process(limited + <<~'RUBY')).to eq(%w[Lamby::ResponseTooLarge] * 2)
        chunk = "x" * (50 * MEGABYTE)
        body = ->(_env) { [200, { "content-type" => "text/plain" }, [chunk] * 60] }
        puts JSON.generate([json, event].map { |it| leave.call(64 * MEGABYTE) { Lamby.handler(body, it, context) } })
      RUBY
    end

    it "raises NoMemoryError while a payload is built" do
      expect(in_a_process(limited + <<~'RUBY')).to eq(%w[NoMemoryError] * 6)
        chunk = "x" * (30 * MEGABYTE)
        responses = [
          [200, { "transfer-encoding" => "chunked" }, [chunk] * 4],
          [200, { "x-large" => chunk }, []],
          [200, { "x-large" => "#{"y" * MEGABYTE}\n" * 30 }, []]
        ]
        puts JSON.generate(responses.product([json, event]).map { |response, it| leave.call(8 * MEGABYTE) { Lamby.handler(->(_env) { response }, it, context) } })
      RUBY
    end

    it "raises NoMemoryError while an event is read" do
      expect(in_a_process(limited + <<~'RUBY')).to eq(%w[NoMemoryError] * 8)
        base = { "version" => "2.0", "rawPath" => "/", "requestContext" => { "http" => { "method" => "POST" } } }
        rest = { "httpMethod" => "POST", "path" => "/", "requestContext" => {} }
        events = [
          base.merge("body" => ["x" * (40 * MEGABYTE)].pack("m0"), "isBase64Encoded" => true),
          base.merge("body" => "x\n" * (20 * MEGABYTE)),
          base.merge("headers" => { "x-large" => "x\t" * (20 * MEGABYTE) }),
          rest.merge("queryStringParameters" => { "a" => "&\t" * (20 * MEGABYTE) })
        ]
        events = events.flat_map { |it| [it, JSON.generate(it)] }
        app = ->(_env) { [200, {}, []] }
        puts JSON.generate(events.map { |it| leave.call(8 * MEGABYTE) { Lamby.handler(app, it, context) } })
      RUBY
    end
  end
end
