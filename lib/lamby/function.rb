# frozen_string_literal: true

module Lamby
  # A function's handler. The function's configuration names it as `FILE.METHOD` or `FILE.CLASS.METHOD`, where `CLASS`
  # may be nested, such as `A::B`.
  #
  # @see https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html
  class Function
    # Raised if the handler name is malformed, or if nothing has that name.
    class NotFound < Error; end

    # @return [String] the handler's name, such as "config/environment.Lamby.cmd"
    attr_reader :name

    # @param name [String]
    # @raise [NotFound] if the name is malformed
    def initialize(name)
      @name = name
      @file, *constants, @method_name = name.split(".")
      raise NotFound, "the handler #{name.inspect} is not FILE.METHOD or FILE.CLASS.METHOD" unless @method_name && constants.size <= 1

      @constant = constants.first
    end

    # Loads the file, which loads the application.
    #
    # @param folder [String] the directory that the file is relative to
    # @return [self]
    # @raise [NotFound] if the file, the class or the method does not exist
    def load(folder: Dir.pwd)
      # AWS's client also puts this directory first in the load path.
      $LOAD_PATH.unshift(folder) unless $LOAD_PATH.include?(folder)
      require_file(folder)
      @receiver = @constant ? Object.const_get(@constant) : TOPLEVEL_BINDING.receiver
      raise NotFound, "#{@file}.rb has no method #{@method_name} for the handler #{name}" unless @receiver.respond_to?(@method_name, true)

      @bytes = @receiver.equal?(Lamby) && @method_name == "cmd"
      self
    rescue NameError => e
      raise unless e.name.to_s == @constant.to_s.split("::").last || @constant.to_s.split("::").include?(e.name.to_s)

      raise NotFound, "#{@file}.rb has no #{@constant} for the handler #{name}"
    end

    def require_file(folder)
      require File.file?(path = File.expand_path("#{@file}.rb", folder)) ? path : @file
    rescue LoadError => e
      raise unless e.path == @file

      raise NotFound, "the handler #{name} needs #{@file}.rb, which is not in #{folder}"
    end
    private :require_file

    # @return [Boolean] whether the handler takes an event's JSON bytes and returns JSON bytes, as `Lamby.cmd` does
    def bytes?
      @bytes
    end

    # Handles one event.
    #
    # @param json [String] the event
    # @param context [Object]
    # @return [String, #read] the payload as JSON. If the handler returned an IO or a StringIO, returns that object, and
    #   its content is the payload. AWS's client does the same
    def call(json, context)
      return @receiver.cmd(event: json, context: context) if @bytes

      require "json"
      result = @receiver.send(@method_name, event: JSON.parse(json), context: context)
      result.is_a?(IO) || result.is_a?(StringIO) ? result : result.to_json
    end
  end
end
