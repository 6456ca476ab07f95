# frozen_string_literal: true

module Lamby
  module Runtime
    # The ids of an invocation in flight. The runtime needs only these ids to report the invocation as failed.
    #
    # @api private
    InFlight = Struct.new(:aws_request_id, :invocation_id)
  end
end
