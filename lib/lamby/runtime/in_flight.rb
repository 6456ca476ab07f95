# frozen_string_literal: true

module Lamby
  module Runtime
    # An invocation in flight of which only the ids are known: enough to report it as failed.
    #
    # @api private
    InFlight = Struct.new(:aws_request_id, :invocation_id)
  end
end
