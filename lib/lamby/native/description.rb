# frozen_string_literal: true

module Lamby
  module Native
    # Describes objects of the application in error messages.
    module Description
      # Maximum number of characters that a message quotes.
      LONGEST = 200
      # The application may define these methods anew.
      CLASS = ::Kernel.instance_method(:class)
      NAME = ::Module.instance_method(:name)
      private_constant :LONGEST, :CLASS, :NAME

      class << self
        # Returns the object and its class, such as `"x" (String)`.
        #
        # If the object's `inspect` raises an exception, the description names that exception. If the method raised it, it
        # would hide the error that Lamby is about to report.
        #
        # @param object [Object]
        # @return [String]
        # @raise [SystemExit, SignalException, Runtime::DeadlineExceeded] from `inspect`
        def of(object)
          name = class_name(object) || "an anonymous class"
          text = attempt { quote("#{object.inspect}") } # `inspect` may return another object than a String.
          return "#{text} (#{name})" if text.is_a?(String)

          "an object of class #{name}, whose inspect raised #{exception(text)}"
        end

        private

        def exception(error)
          name = class_name(error) || "an anonymous exception"
          message = attempt { quote("#{error.message}") }
          message.is_a?(String) ? "#{name}: #{message}" : name
        end

        # Calls the block, and returns its String, or the exception that it raised. Does not rescue the exceptions that must
        # end an invocation or the process.
        def attempt
          yield
        rescue StandardError, ScriptError, SystemStackError, NoMemoryError => e
          raise if defined?(Runtime::DeadlineExceeded) && e.is_a?(Runtime::DeadlineExceeded)

          e
        end

        def class_name(object)
          name = NAME.bind_call(CLASS.bind_call(object))
          quote(name) if name
        end

        def quote(text)
          text = text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
          text.length > LONGEST ? "#{text[0, LONGEST]}…" : text
        end
      end
    end
  end
end
