# frozen_string_literal: true

module Lamby
  module CLI
    # `lamby status`: shows what is deployed, and how it is.
    class StatusCommand < StackCommand
      private

      def about
        ["status", "Shows the application's URL, version, image and last deployment, and what went wrong in the last hour.\n"]
      end

      def examples = "lamby status\nlamby status --environment staging --json | jq -r .url\n"

      def run
        status = waiting("Reading #{stack.name}") { read }
        return print_json(status) if @json

        status => { stack: name, region:, status: state, url:, version:, image:, deployed_at:, last_hour: }
        out.puts "#{terminal.color(name, :bold)} in #{region}: #{state_text(state)}"
        line "URL", url
        line "version", version
        line "image", image
        line "deployed", "#{deployed_at} (#{ago(Time.parse(deployed_at))})"
        line "last hour", last_hour.map { |name, count| counted(name, count) }.join(", ")
        0
      end

      def read
        {
          stack: stack.name, region: stack.aws.region, status: stack.status, url: stack.url, function: stack.function_name,
          version: stack.version, image: stack.image, deployed_at: stack.changed_at.utc.iso8601,
          last_hour: Deployment::Metrics.last_hour(stack).transform_keys(&:to_sym)
        }
      end

      def line(name, value)
        out.puts "  #{name.ljust(10)}#{value || "-"}"
      end

      def state_text(state)
        color = case state
                when /ROLLBACK|FAILED/ then :red
                when /_IN_PROGRESS\z/ then :yellow
                else :green
                end
        terminal.color(state, color)
      end

      # An invocation alone is nothing to worry about.
      def counted(name, count)
        text = "#{count} #{count == 1 ? name.to_s.delete_suffix("s") : name}"
        terminal.color(text, (:red if name != :invocations && count.positive?))
      end
    end
  end
end
