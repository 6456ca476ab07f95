# frozen_string_literal: true

# rubocop:disable Style/Semicolon -- most rows of the table are one line

module HostileApplication
  class << self
    private

    # A caller of the handler gets the exception itself. Lambda gets the name of its class, or another error type if the
    # name does not fit Lambda's format.
    def exceptions
      exception = ->(parent = StandardError, &methods) { Class.new(parent, &methods) }
      any = ["error", "*"]
      {
        "without a name" => -> { raise exception.call },
        "whose backtrace is a String" => -> { raise(exception.call { def backtrace = "a:1\nb:2" }) },
        "whose backtrace raises" => -> { raise(exception.call { def backtrace = raise("x") }) },
        "whose backtrace is a number" => -> { raise(exception.call { def backtrace = 5 }) },
        "whose backtrace_locations are numbers" => -> { raise(exception.call { def backtrace_locations = [5] }) },
        "whose backtrace_locations raise" => -> { raise(exception.call { def backtrace_locations = raise("x") }) },
        "whose message raises" => -> { raise(exception.call { def message = raise("x") }) },
        "whose message raises NotImplementedError" => -> { raise(exception.call { def message = raise(NotImplementedError) }) },
        "whose message recurses" => -> { raise(exception.call { def message = message }) },
        "whose message is nil" => -> { raise(exception.call { def message = nil }) },
        "whose message is a number" => -> { raise(exception.call { def message = 5 }) },
        "whose message is an object" => -> { raise(exception.call { def message = BasicObject.new }) },
        "whose message throws" => -> { raise(exception.call { def message = throw(:elsewhere) }) },
        "whose message is bytes" => -> { raise exception.call, "\xFF\x00".b },
        "whose message is UTF-16" => -> { raise exception.call, "ü".encode("UTF-16LE") },
        "whose message is UTF-7" => -> { raise exception.call, (+"a").force_encoding("UTF-7") },
        "whose message is long" => -> { raise exception.call, "\u0001" * 10_000_000 },
        "whose to_s raises" => -> { raise(exception.call { def to_s = raise("x") }) },
        "whose full_message raises" => -> { raise(exception.call { def full_message(**) = raise("x") }) },
        "whose detailed_message raises" => -> { raise(exception.call { def detailed_message(**) = raise("x") }) },
        "whose inspect raises" => -> { raise(exception.call { def inspect = raise("x") }) },
        "whose class has a name method that takes an argument" => -> { raise(exception.call { def self.name(_) = "x" }) },
        "whose class has a name that is not a String" => -> { raise(exception.call { def self.name = 5 }) },
        "whose class has a name method that raises" => -> { raise(exception.call { def self.name = raise("x") }) },
        "whose class method returns nil" => -> { raise(exception.call { def class = nil }) },
        "whose causes are a cycle" => lambda {
          one = exception.call.new("one")
          two = exception.call.new("two")
          one.define_singleton_method(:cause) { two }
          two.define_singleton_method(:cause) { one }
          raise one
        },
        "whose cause raises" => -> { raise(exception.call { def cause = raise("x") }) },
        "that is frozen" => -> { raise exception.call.new("x").freeze },
        "of Lamby: InvalidEvent" => -> { raise Lamby::InvalidEvent, "mine" },
        "of Lamby's runtime: Unreachable" => -> { raise Lamby::Runtime::Unreachable, "mine" },
        "of Lamby's runtime: Refused" => -> { raise Lamby::Runtime::Refused, "mine" },
        "of Lamby's runtime: Unconfirmed" => -> { raise Lamby::Runtime::Unconfirmed, "mine" },
        "of Lamby's runtime: TruncatedEvent" => -> { raise Lamby::Runtime::TruncatedEvent.new("mine", "id", nil) },
        "of Lamby's runtime: StreamClosed" => -> { raise Lamby::Runtime::StreamClosed, "mine" },
        "that is an Integer" => -> { raise 5 },
        "whose class method exception returns a number" => -> { raise(exception.call { def self.exception(*) = 5 }) },
        "with standard error closed" => -> { $stderr.close; raise Failed },
        "with a broken pipe as standard error" => lambda {
          reader, writer = IO.pipe
          $stderr.reopen(writer)
          [reader, writer].each(&:close)
          raise Failed
        },
        "with a full device as standard error" => -> { $stderr.reopen("/dev/full", "w"); raise Failed },
        "with a $stderr whose write raises" => -> { $stderr = Object.new.tap { |it| def it.write(*) = raise("x") }; raise Failed },
        "with JSON.generate patched" => -> { JSON.singleton_class.prepend(Module.new { def generate(*) = raise("patched") }); raise Failed },
        "in a deleted working directory" => -> { Dir.chdir(folder = Dir.mktmpdir); Dir.rmdir(folder); raise Failed }
      }.map { |name, act| build("an exception #{name}", any) { |_| act.call } } + [
        build("an exception that ends the process: SIGTERM", any, ends: true) { |_| raise SignalException, "SIGTERM" },
        build("a thread that is killed", any, ends: true, modes: %i[buffered streamed]) { |_| Thread.current.kill },
        build("an exception from another thread's Thread#raise", error(Failed)) { |_| main = Thread.current; Thread.new { main.raise(Failed) }.join; sleep }
      ]
    end
  end
end
# rubocop:enable Style/Semicolon
