# frozen_string_literal: true

# Reads information about worker processes and their connections from /proc.
module WorkerProcesses
  # Ruby code that defines PAUSE, a function that holds the GVL until the process is killed.
  KEEP_LOCK = <<~RUBY
    require "fiddle"
    PAUSE = Fiddle::Function.new(Fiddle.dlopen(nil)["pause"], [], Fiddle::TYPE_INT, need_gvl: true)
  RUBY

  # @param port [Integer] the port of a server
  # @return [Boolean] whether its clients on this machine have read all that it has sent
  def all_read?(port)
    File.readlines("/proc/net/tcp").drop(1).none? do |line|
      _, _, remote, _, queues = line.split
      remote.end_with?(format(":%04X", port)) && queues.split(":").last.to_i(16).positive?
    end
  end

  # @return [Array<Integer>] the ids of a process's children
  def children(pid)
    File.read("/proc/#{pid}/task/#{pid}/children").split.map(&:to_i)
  end
end
