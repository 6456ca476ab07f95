# frozen_string_literal: true

module Lamby
  # What a Rack 2 application finds in its env beside the request.
  # @see https://github.com/rack/rack/blob/2-2-stable/SPEC.rdoc
  module Rack2
    # Keys and values, one after the other: they go into each env as they are.
    #
    # @param multithread [Boolean] whether several invocations run at once in this process
    # @param hijack [#call, nil] where responses are streamed, what answers a full hijack
    def self.env(multithread: false, hijack: nil)
      {
        "rack.version" => [1, 3].freeze,
        "rack.multithread" => multithread,
        # Lambda starts as many processes as it needs.
        "rack.multiprocess" => true,
        "rack.run_once" => false,
        "rack.hijack?" => !hijack.nil?
      }.merge(hijack ? { "rack.hijack" => hijack } : {}).to_a.flatten(1).freeze
    end
  end
end
