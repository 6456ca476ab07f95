# frozen_string_literal: true

require "tempfile"

module Lamby
  module Deployment
    # Runs another program.
    module Program
      # What a program has done.
      #
      # @!attribute output
      #   @return [String] standard output
      # @!attribute errors
      #   @return [String] standard error
      # @!attribute status
      #   @return [Integer, nil] exit status; nil if a signal or the time limit has ended the program
      # @!attribute in_time
      #   @return [Boolean] whether it ended before the time limit
      Result = Struct.new(:output, :errors, :status, :in_time, keyword_init: true) do
        # @return [Boolean]
        def success? = status == 0 # rubocop:disable Style/NumericPredicate -- nil is not a failure of this method
      end

      # Runs a program, and kills it and its child processes at the time limit. Its output goes to files, because a child
      # process that outlives the program would keep a pipe open. Without a limit, the program may use the terminal, for
      # example to ask for a code of multi-factor authentication.
      #
      # @param command [Array<String>] the program and its arguments
      # @param limit [Numeric, nil] seconds; nil for no limit
      # @param env [Hash{String => String, nil}]
      # @return [Result, nil] nil if there is no such program
      def self.run(*command, limit:, env: {})
        files = [Tempfile.new("lamby"), Tempfile.new("lamby")]
        pid = Process.spawn(env, *command, in: File::NULL, out: files[0], err: files[1], **(limit ? { pgroup: true } : {}))
        thread = Process.detach(pid)
        in_time = !thread.join(limit).nil?
        kill(-pid) unless in_time
        output, errors = files.map { |file| File.read(file.path, encoding: "UTF-8").scrub }
        Result.new(output: output, errors: errors, status: thread.value.exitstatus, in_time: in_time)
      rescue Errno::ENOENT, Errno::EACCES
        nil
      ensure
        kill(limit ? -pid : pid) if thread&.alive? # Ctrl-C has interrupted the wait.
        files.each(&:close!)
      end

      def self.kill(pid)
        Process.kill("KILL", pid)
      rescue Errno::ESRCH
        nil # It has just ended.
      end
      private_class_method :kill
    end
  end
end
