# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby releases`: lists what was deployed.
    class ReleasesCommand < StackCommand
      private

      def about
        ["releases", "Lists the versions that bin/deploy has published, the newest first.\n"]
      end

      def examples = "lamby releases\nlamby releases --environment staging\n"

      def run
        releases = waiting("Reading the releases of #{stack.name}") { Deployment::Releases.new(stack).all }
        return print_json(releases.map { |release| { **release.to_h, published_at: release.published_at.utc.iso8601 } }) if @json

        out.puts terminal.color("   version  published             image         release", :bold)
        releases.each { |release| out.puts terminal.color(line(release), (:green if release.current)) }
        0
      end

      # "*" marks the release that runs.
      def line(release)
        format("%<mark>2s %<version>-8s %<published>s  %<image>-12s  %<name>s",
               mark: release.current ? "*" : "", version: release.version, published: release.published_at.utc.iso8601,
               image: release.digest.to_s[0, 12], name: release.name.to_s[0, 12]).rstrip
      end
    end
  end
end
