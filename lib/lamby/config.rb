# frozen_string_literal: true

module Lamby
  # The settings, at {Lamby.config}.
  class Config
    NOTHING = proc {}
    private_constant :NOTHING

    def initialize
      reset
    end

    # Sets everything back to its default.
    #
    # @return [self]
    def reset
      @rack_app = nil
      @handled_proc = NOTHING
      self
    end

    # @return [#call] the application; by default the Rails application
    # @raise [Lamby::Error] where none is set and Rails is not there
    def rack_app
      @rack_app ||= rails_app
    end

    # @param app [#call] a Rack application
    attr_writer :rack_app

    # @return [#call] called with each event and context when it has been handled,
    #   also when the application raised; the event reads like a Hash
    # @example
    #   Lamby.config.handled_proc = ->(event, context) { Metrics.flush }
    attr_accessor :handled_proc

    # Calls {#handled_proc}.
    #
    # @api private
    def handled(event, context)
      @handled_proc.call(Event.wrap(event), context) unless @handled_proc.equal?(NOTHING)
    end

    private

    def rails_app
      return ::Rails.application if defined?(::Rails.application) && ::Rails.application

      raise Error, "there is no application: set Lamby.config.rack_app, " \
                   "or load the Rails application first (CMD \"config/environment.Lamby.cmd\")"
    end
  end
end
