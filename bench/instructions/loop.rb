# frozen_string_literal: true

# Usage: loop.rb WARM_UP [PATH COUNT]. Handles each event WARM_UP times, then the event of one path COUNT more times.
# bench/instructions.rb runs this script under valgrind. The garbage collector is off, because the number of collections
# would depend on the run's length.

require "rack"
require_relative "../adapters"
require_relative "paths"

warm_up, further, count = ARGV
adapter = Bench::Adapters::Native.new
GC.disable
handle = lambda do |path, times|
  event, app, way = Bench::Instructions::PATHS.fetch(path)
  input = way == :bytes ? Bench::Events.json(event) : Bench::Events.fetch(event)
  times.times { adapter.public_send(way, app, input) }
end
Bench::Instructions::PATHS.each_key { |path| handle.call(path, Integer(warm_up)) }
handle.call(further, Integer(count)) if further
