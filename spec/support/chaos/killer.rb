# frozen_string_literal: true

require_relative "../worker_processes"

class Chaos
  # Kills workers.
  module Killer
    include WorkerProcesses

    private

    # Kills the process after 30 ms. By then, the process runs the handler or polls again.
    def kill_later(socket)
      @lock.synchronize { @killers += 1 }
      @sockets << [Thread.new do
        sleep 0.03
        kill(socket)
      ensure
        @lock.synchronize { @killers -= 1 }
      end, socket]
    end

    # Kills the process at the other end of the socket. No invocation is sent meanwhile.
    def kill(socket)
      @handing.synchronize do
        pid = owner(socket) or next
        limit = now + 10
        sleep 0.002 until all_read?(@port) || now > limit
        sleep 0.05 # Gives the worker time to record which events it has read.
        Process.kill("KILL", pid)
        @killed += 1
        sleep 0.002 while running?(pid)
      end
      false
    rescue SystemCallError, IOError
      false
    end

    # Returns whether a process still runs. Also counts its threads, because a killed process keeps its
    # connections open until its last thread has ended.
    def running?(pid)
      Dir.children("/proc/#{pid}/task").size > 1 || File.read("/proc/#{pid}/stat")[/\) (\w)/, 1] != "Z"
    rescue SystemCallError
      false
    end

    # Returns the worker that has the other end of the socket.
    def owner(socket)
      local, remote = [socket.remote_address.ip_port, @port].map { |port| format(":%04X", port) }
      line = File.readlines("/proc/net/tcp").map(&:split).find { |it| it[1].end_with?(local) && it[2].end_with?(remote) } or return
      children(@process.pid).find do |pid|
        Dir.glob("/proc/#{pid}/fd/*").any? { |fd| link(fd) == "socket:[#{line[9]}]" }
      end
    end

    def link(path)
      File.readlink(path)
    rescue SystemCallError
      nil
    end
  end
end
