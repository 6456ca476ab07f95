# frozen_string_literal: true

module Bench
  module Report
    # Finds the cases in which another side takes less time than Lamby.
    module Better
      OURS = ["Lamby", "lamby runtime"].freeze
      # The bare loop runs no application. Its time is the minimum for a runtime, so it is not a peer.
      FLOOR = "bare loop"

      # Takes [title, {side => figures}]. Returns a sentence for each peer that is faster.
      def self.sentences(compared)
        compared.flat_map do |title, sides|
          ours = sides.values_at(*OURS).compact.first.fetch("time")
          peers = sides.reject { |side, figures| OURS.include?(side) || side == FLOOR || figures.is_a?(String) }
          peers.select { |_, figures| figures.fetch("time") < ours }.map do |side, figures|
            format("%s: %s takes %.2f times as long as Lamby.", title, side, figures.fetch("time") / ours)
          end
        end
      end
    end
  end
end
