# frozen_string_literal: true

require "English"

# Runs code in a process that loads Lamby, but not RSpec. So the heap has no garbage from other specs, and no method
# entries of RSpec, which make Ruby 3.1 crash when it compacts the heap ("try to mark T_NONE object").
module OwnProcess
  # The code names its encoding, because Ruby otherwise reads the argument of -e in the locale's encoding. In the
  # locale C, this is US-ASCII.
  PREAMBLE = <<~RUBY.freeze
    # encoding: UTF-8
    require "json"
    require "lamby"
    require #{File.expand_path("mixed_events", __dir__).inspect}
    Context = Struct.new(:aws_request_id)
    context = Context.new("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
    app = MixedEvents::App.new
    resident = -> { GC.start; GC.start; File.read("/proc/self/statm").split[1].to_i * 4096 }
  RUBY
  private_constant :PREAMBLE

  # @param code [String] Ruby code that prints JSON; it can use `context`, `app` and `resident`
  # @return [Object] the JSON that it printed, parsed
  # @raise [RuntimeError] with the process's output, if it failed
  def in_a_process(code)
    command = [RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-e", PREAMBLE + code]
    output = IO.popen(command, err: %i[child out], &:read)
    raise output unless $CHILD_STATUS.success?

    JSON.parse(output)
  end
end
