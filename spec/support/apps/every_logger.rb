# frozen_string_literal: false

require "lamby"
require "logger"
require "active_support"
require "active_support/logger"
require "active_support/tagged_logging"
ruby = Logger.new($stdout)
rails = ActiveSupport::TaggedLogging.new(ActiveSupport::Logger.new($stdout))
plain = ActiveSupport::TaggedLogging.new(ActiveSupport::Logger.new($stdout).tap { |it| it.formatter = Logger::Formatter.new })
file = Logger.new("file.log")
ruby.info("starting")
Lamby.config.rack_app = lambda do |env|
  case env["PATH_INFO"]
  when "/levels" then %i[debug info warn error fatal unknown].each { |level| ruby.public_send(level, "a #{level}") }
  when "/lines" then ruby.info("one\ntwo \u00E9")
  when "/tagged" then rails.tagged("shop") { rails.warn("tagged") }
  when "/plain-tagged" then plain.tagged("shop") { plain.info("tagged") }
  when "/no-level" then ruby.add(nil, "no level")
  when "/hash" then ruby.info({ "order" => 7 })
  when "/json" then rails.info('{"level":"DEBUG","own":true,"timestamp":"2001-01-01T00:00:00.000Z","requestId":"forged","_aws":{"Timestamp":1}}')
  when "/pretty" then rails.error("{\n  \"level\": \"DEBUG\",\n  \"timestamp\": \"2001-01-01\",\n  \"a\": [1,\n 2],\n  \"requestId\": \"forged\"\n}")
  when "/cyclic" then ruby.info({ "order" => 1 }.tap { |it| it["self"] = it })
  when "/exception" then ruby.error(ArgumentError.new("logged"))
  when "/bytes" then ruby.info("\xFF\xFE".b)
  when "/progname" then ruby.info("orders") { "block" }
  when "/file" then file.info("kept") && ruby.debug("x")
  when "/threads" then Array.new(4) { |i| Thread.new { 50.times { |j| ruby.info("#{i} #{j} #{"x" * 5000}") } } }.each(&:join)
  when "/raise" then raise "oops\nsecond line"
  end
  [200, { "content-type" => "text/plain" }, []]
end
