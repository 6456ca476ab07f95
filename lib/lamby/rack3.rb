# frozen_string_literal: true

module Lamby
  # What a Rack 3 application finds in its env beside the request.
  # @see https://github.com/rack/rack/blob/main/SPEC.rdoc
  module Rack3
    # Keys and values, one after the other: they go into each env as they are.
    #
    # @param multithread [Boolean] whether several invocations run at once in this process
    # @param hijack [#call, nil] where responses are streamed, what answers a full hijack
    def self.env(multithread: false, hijack: nil)
      {
        "rack.hijack?" => !hijack.nil?,
        # No longer in the SPEC, but applications that ran on Rack 2 still ask.
        "rack.multithread" => multithread,
        "rack.multiprocess" => true,
        "rack.run_once" => false
      }.merge(hijack ? { "rack.hijack" => hijack } : {}).to_a.flatten(1).freeze
    end
  end
end
