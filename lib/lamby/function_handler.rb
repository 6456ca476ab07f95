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
      path = File.expand_path("#{@file}.rb", folder)
      raise NotFound, "the handler #{name} needs #{@file}.rb, which is not in #{folder}" unless File.file?(path)

      require path
      @receiver = @constant ? Object.const_get(@constant) : TOPLEVEL_BINDING.receiver
      raise NotFound, "#{@file}.rb has no method #{@method_name} for the handler #{name}" unless @receiver.respond_to?(@method_name, true)

      self
    rescue NameError => e
      raise unless e.name.to_s == @constant.to_s.split("::").last || @constant.to_s.split("::").include?(e.name.to_s)

      raise NotFound, "#{@file}.rb has no #{@constant} for the handler #{name}"
    end

    # Whether it takes an event as JSON bytes and answers with such.
    def bytes?
      @receiver.equal?(Lamby) && @method_name == "cmd"
    end

    # Handles one event.
    #
    # @param json [String] the event
    # @param context [Object]
    # @return [String] the answer, JSON
    def call(json, context)
      return @receiver.cmd(event: json, context: context) if bytes?

      require "json"
      JSON.generate(@receiver.send(@method_name, event: JSON.parse(json), context: context))
    end
  end
end
