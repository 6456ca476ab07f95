# frozen_string_literal: true

module Lamby
  module Handler
    # The entries of a Rack 3 env that do not depend on the request.
    # @see https://github.com/rack/rack/blob/main/SPEC.rdoc
    module Rack3
      # Returns the entries.
      #
      # @param multithread [Boolean] whether several invocations run at once in this process
      # @param hijack [#call, nil] the env's `rack.hijack`; nil if responses may not stream
      # @return [Hash]
      def self.env(multithread: false, hijack: nil)
        {
          "rack.hijack?" => !hijack.nil?,
          # These are no longer in the SPEC, but applications that were written for Rack 2 still read them.
          "rack.multithread" => multithread,
          "rack.multiprocess" => true,
          "rack.run_once" => false
        }.merge(hijack ? { "rack.hijack" => hijack } : {})
      end
    end
  end
end
