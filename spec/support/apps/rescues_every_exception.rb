# frozen_string_literal: false

require "lamby"
Lamby.config.workers = 1
Lamby.config.on_shutdown { $stderr.puts "hook" }
def handler(event:, context:)
  (Thread.list - [Thread.current, Thread.main]).each(&:kill) if event["kill"]
  begin
    $stderr.puts "handling"
    sleep event.fetch("seconds", 0)
  rescue Exception # Some careless applications rescue Exception.
    $stderr.puts "rescued"
  end
  "done"
end
