# frozen_string_literal: true

module Lamby
  # A function's handler, by its name in the function's configuration:
  # `FILE.METHOD` or `FILE.CLASS.METHOD`, with `::` in the class for namespaces.
  #
  # @see https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html
  class FunctionHandler
    # The name is none, or there is nothing of that name.
    class NotFound < Error; end

    # @return [String] such as "config/environment.Lamby.cmd"
    attr_reader :name

    # @param name [String]
    # @raise [NotFound] where the name is not of that form
    def initialize(name)
      @name = name
      @file, *constants, @method_name = name.split(".")
      raise NotFound, "the handler #{name.inspect} is not FILE.METHOD or FILE.CLASS.METHOD" unless @method_name && constants.size <= 1

      @constant = constants.first
    end

    # Loads the file, and so the application.
    #
    # @param folder [String] what the file is relative to
    # @return [self]
    # @raise [NotFound] where the file, the class or the method is not there
    def load(folder: Dir.pwd)
      # AWS's client requires it by its name, with the folder first in the load path.
      $LOAD_PATH.unshift(folder) unless $LOAD_PATH.include?(folder)
      require_file(folder)
      @receiver = @constant ? Object.const_get(@constant) : TOPLEVEL_BINDING.receiver
      raise NotFound, "#{@file}.rb has no method #{@method_name} for the handler #{name}" unless @receiver.respond_to?(@method_name, true)

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

    # Whether it takes an event as JSON bytes and answers with such.
    def bytes?
      @receiver.equal?(Lamby) && @method_name == "cmd"
    end

    # Handles one event.
    #
    # @param json [String] the event
    # @param context [Object]
    # @return [String, #read] the answer as JSON, or what the handler returned for its bytes
    #   to be read, a StringIO or IO, as AWS's client takes it
    def call(json, context)
      return @receiver.cmd(event: json, context: context) if bytes?

      require "json"
      answer = @receiver.send(@method_name, event: JSON.parse(json), context: context)
      answer.is_a?(IO) || answer.is_a?(StringIO) ? answer : answer.to_json
    end
  end
end
