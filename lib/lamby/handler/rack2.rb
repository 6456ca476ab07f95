# frozen_string_literal: true

module Lamby
  module Handler
    # The entries of a Rack 2 env that do not depend on the request.
    # @see https://github.com/rack/rack/blob/2-2-stable/SPEC.rdoc
    module Rack2
      # Returns the entries.
      #
      # @param multithread [Boolean] whether several invocations run at once in this process
      # @param hijack [#call, nil] the env's `rack.hijack`; nil if responses may not stream
      # @return [Hash]
      def self.env(multithread: false, hijack: nil)
        {
          "rack.version" => [1, 3].freeze,
          "rack.multithread" => multithread,
          # Lambda may run the function in several processes.
          "rack.multiprocess" => true,
          "rack.run_once" => false,
          "rack.hijack?" => !hijack.nil?
        }.merge(hijack ? { "rack.hijack" => hijack } : {})
      end
    end
  end
end
