# frozen_string_literal: true

module Lamby
  module Console
    # A command of the shell, which runs in the application's folder with the function's environment variables.
    class Command
      # The maximum size of the output in the reply, in bytes. Base64 makes it a third larger, and Lambda accepts 6 MB.
      MAXIMUM = 4_000_000
      # Milliseconds before the function's timeout at which the command is killed, so that the output can be returned.
      MARGIN = 1000
      # Longest time to wait for output, in seconds. Then the command may have ended.
      INTERVAL = 0.1
      private_constant :MAXIMUM, :MARGIN, :INTERVAL

      # @param command [String]
      # @param context [Object] the context of the invocation, which says how much time is left
      def initialize(command, context)
        @command = command
        @context = context
        @output = []
        @size = 0
        @omitted = 0
      end

      # Runs the command until it ends, or until just before the function's timeout. Then it kills what the command has
      # started, because Lambda freezes the environment after the reply.
      #
      # @return [Hash{String => Object}] "status", "signal", "in_time", "omitted" (the number of bytes that did not fit),
      #   and "output": pairs of "out" or "err" and base64
      def call
        readers, pid = start
        thread = Process.detach(pid)
        in_time = read(readers, thread)
        kill(pid)
        status = thread.value
        drain(readers)
        { "status" => status.exitstatus, "signal" => status.termsig, "in_time" => in_time, "omitted" => @omitted,
          "output" => @output.map { |name, bytes| [name, [bytes].pack("m0")] } }
      ensure
        readers&.each_key(&:close)
      end

      private

      # The command must not take invocations from the Runtime API.
      def start
        out, out_writer = IO.pipe
        err, err_writer = IO.pipe
        pid = Process.spawn({ "AWS_LAMBDA_RUNTIME_API" => nil }, "/bin/sh", "-c", @command,
                            in: File::NULL, out: out_writer, err: err_writer, pgroup: true)
        [{ out => "out", err => "err" }, pid]
      ensure
        [out_writer, err_writer].each { |writer| writer&.close }
      end

      # Reads the output until the command ends. Returns false if the command has to be killed before its end.
      def read(readers, thread)
        open = readers.keys
        while thread.alive?
          return false if left <= MARGIN
          next thread.join(INTERVAL) if open.empty?

          ready, = IO.select(open, nil, nil, INTERVAL)
          ready&.each { |io| open.delete(io) if store(io, readers[io]).nil? }
        end
        true
      end

      # Stores what a pipe has at the moment. Returns nil at its end, and false if it has nothing.
      def store(io, name)
        bytes = io.read_nonblock(65_536, exception: false)
        return bytes && false unless bytes.is_a?(String)

        @output.last&.first == name ? @output.last.last << bytes : @output << [name, bytes]
        @size += bytes.bytesize
        omit while @size > MAXIMUM
        true
      end

      # Removes the oldest output, because a command usually ends with what went wrong.
      def omit
        name, bytes = @output.shift
        kept = bytes.byteslice(@size - MAXIMUM..).to_s
        @output.unshift([name, kept]) unless kept.empty?
        @omitted += bytes.bytesize - kept.bytesize
        @size -= bytes.bytesize - kept.bytesize
      end

      def drain(readers)
        readers.each { |io, name| nil while store(io, name) }
      end

      def kill(pid)
        Process.kill("KILL", -pid)
      rescue Errno::ESRCH
        nil # All processes have ended.
      end

      # Milliseconds until the function's timeout.
      def left
        @context.respond_to?(:get_remaining_time_in_millis) ? @context.get_remaining_time_in_millis : Float::INFINITY
      end
    end
  end
end
