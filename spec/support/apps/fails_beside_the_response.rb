# frozen_string_literal: false

require "lamby"
class Odd < StandardError
  def message = raise("no message")
  def self.name(_) = "x"
  def cause = raise("no cause")
end
Lamby.config.rescue_errors = true
Lamby.config.on(:sqs) { |event, _| Lamby.each_record(event) { |record| raise "no #{record["body"]}" } }
Lamby.config.handled_proc = ->(event, _) { raise "handled \n#{FORGED}" if event["Records"].nil? && event["rawPath"] == "/handled" }
Lamby.config.rack_app = lambda do |env|
  case env["PATH_INFO"]
  when "/rescued" then raise "page\n#{FORGED}\n\e[2J"
  when "/caused" then begin; raise "first\n#{FORGED}"; rescue StandardError; raise ArgumentError, "second"; end
  when "/long" then raise "x" * 200_000
  when "/odd" then raise Odd
  when "/json" then JSON.define_singleton_method(:generate) { |*| raise "patched" } && raise("generated")
  when "/handled" then raise Exception, "failed"
  when "/finished" then env["rack.response_finished"] << ->(*) { raise "finished\n#{FORGED}" }
  when "/replied" then env["rack.after_reply"] << -> { raise "replied\r\n#{FORGED}" }
  when "/closed"
    $stderr.close
    raise "closed"
  end
  [200, { "content-type" => "text/plain" }, ["ok"]]
end
