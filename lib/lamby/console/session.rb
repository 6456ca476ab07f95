# frozen_string_literal: true

require "securerandom"

module Lamby
  module Console
    # The local variables of a `lamby console`, which live as long as this process.
    class Session
      # The maximum number of sessions. The one that was used least recently is forgotten first.
      MOST = 16
      # The maximum size of a result and of the output in a reply, in bytes.
      MAXIMUM = 1_000_000
      # The maximum number of lines of a backtrace.
      FRAMES = 20
      # The name of the code in backtraces.
      FILE = "(console)"
      private_constant :MOST, :MAXIMUM, :FRAMES, :FILE

      @sessions = {}
      @lock = Mutex.new

      class << self
        # Evaluates code with the local variables of a session.
        #
        # @param code [String]
        # @param id [String] the session's id
        # @param line [Integer] the number of the code's first line, from 1
        # @return [Hash{String => Object}] "result" or "error", "output", "ruby" and "new": whether this process did not
        #   know the session
        def evaluate(code, id, line)
          session, known = @lock.synchronize { find(id) }
          { **session.evaluate(code, line), "new" => !known, "ruby" => description }
        end

        private

        def find(id)
          known = @sessions.key?(id)
          session = @sessions.delete(id) || new
          @sessions[id] = session
          @sessions.shift if @sessions.size > MOST
          [session, known]
        end

        def description
          rails = ", Rails #{::Rails.version} in #{::Rails.env}" if defined?(::Rails.env)
          "Ruby #{RUBY_VERSION}#{rails}"
        end
      end

      def initialize
        @binding = TOPLEVEL_BINDING.dup # Has the same self, and its own local variables.
        @lock = Mutex.new
      end

      # @return [Hash{String => Object}] see {.evaluate}
      def evaluate(code, line)
        @lock.synchronize do
          result, output = ThreadOutput.capture { outcome(code, line) }
          { **result, "output" => text(output) }
        end
      end

      private

      def outcome(code, line)
        value = executor { @binding.eval(code, FILE, line) }
        @binding.local_variable_set(:_, value)
        { "result" => text(value.inspect.to_s) }
      rescue StandardError, ScriptError, SystemExit, SystemStackError, Interrupt => e
        { "error" => describe(e) }
      end

      # Rails' executor returns database connections to their pool.
      def executor(&)
        rails = defined?(::Rails.application) && ::Rails.application
        rails ? rails.executor.wrap(&) : yield
      end

      # Leaves out Lamby's own frames, which begin where the code was evaluated.
      def describe(error)
        frames = (error.backtrace || []).take_while { |frame| !frame.start_with?(__FILE__) }
        { "class" => error.class.name.to_s, "message" => text(error.message.to_s),
          "backtrace" => frames.first(FRAMES).map { |frame| text(frame) } }
      rescue StandardError
        { "class" => error.class.name.to_s, "message" => "the exception cannot be described", "backtrace" => [] }
      end

      # Returns text that JSON can contain.
      def text(string)
        text = string.dup.force_encoding(string.encoding == Encoding::BINARY ? Encoding::UTF_8 : string.encoding)
        text = text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
        text.bytesize > MAXIMUM ? "#{text.byteslice(0, MAXIMUM).scrub("")}… (#{text.bytesize} bytes)" : text
      end
    end
  end
end
