# frozen_string_literal: true

module Lamby
  module Serve
    # A process that runs `lamby runtime` with the application.
    class ChildProcess
      # How many of the last lines of the output are kept, for the message if the process ends.
      KEPT_LINES = 200
      # The longest line, in bytes. Longer lines are cut.
      LONGEST_LINE = 64 * 1024
      private_constant :KEPT_LINES, :LONGEST_LINE

      # The Ruby code that runs the command `lamby`, also if the gem's executable is not on the PATH.
      PROGRAM = File.expand_path("../../../exe/lamby", __dir__)
      LIBRARY = File.expand_path("../..", __dir__)
      private_constant :PROGRAM, :LIBRARY

      # @return [Integer]
      attr_reader :pid

      # @param settings [Settings]
      # @param api [String] host and port of the Runtime API
      # @param stream [String] the name of the log's stream
      # @param on_line [#call] is called with each line of the output
      # @param on_exit [#call] is called with the Process::Status when the process has ended, and its output was read
      def initialize(settings, api, stream:, on_line:, on_exit:)
        @folder = settings.folder
        @environment = environment(settings, api, stream)
        @on_line = on_line
        @on_exit = on_exit
        @lines = []
        @ended = false
        @lock = Mutex.new
      end

      # Starts the process.
      #
      # @return [void]
      # @raise [SystemCallError] if the system cannot start it, for example because the application's folder was deleted
      def start
        reader, writer = IO.pipe(Encoding::BINARY)
        # Bundler's settings in RUBYOPT and BUNDLE_GEMFILE reach the process through the environment.
        @pid = Process.spawn(
          @environment, RbConfig.ruby, "-I", LIBRARY, PROGRAM, "runtime",
          in: File::NULL, out: writer, err: writer, pgroup: true, chdir: @folder
        )
        start_threads(reader)
      rescue SystemCallError
        reader&.close
        raise
      ensure
        writer&.close
      end

      # Sends a signal to the process and to the processes that it has forked.
      #
      # @param name [String] such as "TERM"
      # @return [void]
      def signal(name)
        @lock.synchronize { Process.kill(name, -pid) unless @ended }
      rescue Errno::ESRCH, Errno::EPERM
        nil # The process has ended.
      end

      # Kills the process, and waits until it has ended.
      #
      # @return [void]
      def kill
        signal("KILL")
        @waiter.join
      end

      # @return [Boolean]
      def ended? = @ended

      # @return [String] the last lines of the output
      def log = @lock.synchronize { @lines.join("\n") }

      private

      # Returns the environment variables that Lambda sets.
      # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
      def environment(settings, api, stream)
        region = ENV.values_at("AWS_REGION", "AWS_DEFAULT_REGION").compact.first || "us-east-1"
        {
          "AWS_LAMBDA_RUNTIME_API" => api, "_HANDLER" => settings.handler, "LAMBDA_TASK_ROOT" => settings.folder,
          "AWS_LAMBDA_FUNCTION_NAME" => "local", "AWS_LAMBDA_FUNCTION_VERSION" => "$LATEST",
          "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => settings.memory.to_s, "AWS_LAMBDA_INITIALIZATION_TYPE" => "on-demand",
          "AWS_LAMBDA_LOG_GROUP_NAME" => "/aws/lambda/local", "AWS_LAMBDA_LOG_STREAM_NAME" => stream,
          "AWS_REGION" => region, "AWS_DEFAULT_REGION" => region, "TZ" => ":UTC",
          "LAMBY_INVOKE_MODE" => settings.streaming? ? "response_stream" : "buffered"
        }
      end

      def start_threads(reader)
        output = Thread.new { read(reader) }
        @waiter = Thread.new do
          status = Process.wait2(pid).last
          @lock.synchronize { @ended = true }
          kill_rest
          # A process that left the group keeps the pipe open.
          output.join(1)
          @on_exit.call(status)
        end
      end

      # Ends the processes that the child has forked, as Lambda does.
      def kill_rest
        Process.kill("KILL", -pid)
      rescue Errno::ESRCH, Errno::EPERM
        nil
      end

      def read(reader)
        while (line = reader.gets("\n", LONGEST_LINE, chomp: true))
          line = line.force_encoding(Encoding::UTF_8).scrub
          @lock.synchronize do
            @lines << line
            @lines.shift if @lines.size > KEPT_LINES
          end
          @on_line.call(line)
        end
      ensure
        reader.close
      end
    end
  end
end
