# frozen_string_literal: true

require_relative "../format"
require_relative "bars"
require_relative "better"
require_relative "lines"

module Bench
  module Report
    # Writes docs/benchmarks.md and its charts from the results of the benchmarks.
    class Page
      WAYS = { "bytes" => "Events, bytes → bytes", "hash" => "Events, Hash → Hash" }.freeze
      # The longest time in a chart of events, in microseconds. Next to a longer bar, the other bars would be too short
      # to compare.
      CHARTED = 200
      # A section that is not measured by the run: where the instructions go, and what was tried without success.
      WHAT_IS_LEFT = File.expand_path("what_is_left.md", __dir__)

      # @return [Hash{String => String}] the charts as SVG, by file name; empty before {#to_s}
      attr_reader :charts

      def initialize(events:, growth:, runtime:, boot:)
        @events = events
        @growth = growth
        @runtime = runtime
        @boot = boot
        @charts = {}
      end

      def to_s
        [
          head, *WAYS.map { |way, title| events(way, title) }, growth, runtime, system_calls, memory, streams, start, rails_start, better,
          File.read(WHAT_IS_LEFT)
        ].join("\n")
      end

      private

      def head
        <<~MARKDOWN
          # Benchmarks

          `rake bench:report` writes this page from one run of the benchmarks. [The benchmark](../bench/README.md) explains
          what is compared and how to repeat it. Compare only figures of the same run: times depend on the machine.

          | | |
          |---|---|
          | compared | #{@events["sides"].values.join(", ")} |
          | runtimes | #{@runtime["buffered"].first["sides"].keys.join(", ")} |
          | Ruby | #{@events["ruby"]} |
          | Rack | #{@events["rack"]} |
          | processor | #{@events["processor"]}, #{@events["pinned"]} |
          | rounds | #{@events["rounds"]} for events, #{@growth["rounds"]} for growth, #{@runtime["rounds"]} for runtimes |
        MARKDOWN
      end

      def events(way, title)
        cases = @events["cases"].select { |it| it["way"] == way }
        small = times(cases).select { |_, values| values.values.max < CHARTED }
        section(title, <<~TEXT, chart("events-#{way}", title, Bars, small), table(cases))
          Processor time for one event, garbage collection included: the median of all batches. The sides take turns. The ratio is
          a side's time divided by Lamby's. The application responds with nine headers, two cookies and short JSON, unless
          the row says otherwise. The chart leaves out cases in which a side takes more than #{CHARTED} µs.
        TEXT
      end

      def growth
        parts = @growth["cases"].group_by { |it| it["id"].split("/").first }
        charts = parts.map do |part, cases|
          sizes = cases.map { |it| Format.thousands(it["id"].split("/").last) }
          rows = sizes.zip(times(cases).map(&:last))
          title = "Time by #{part.tr("_", " ")}"
          "#{title}:\n\n#{chart("growth-#{part.tr("_", "-")}", title, Lines, rows)}"
        end
        section("Growth", <<~TEXT, *charts, table(@growth["cases"]))
          These times are measured like those of the events above, bytes → bytes. The headers and parameters are those of a
          REST API, which sends each of them in two maps. The size of a body is its size in the event, in base64. Both
          scales are logarithmic.
        TEXT
      end

      def runtime
        workloads = @runtime["buffered"]
        charts = workloads.each_with_index.map { |it, number| chart("runtime-#{number + 1}", it["title"], Bars, times([it])) }
        section("Runtimes", <<~TEXT, *charts, invocations(workloads))
          Time of one invocation through a local Runtime API, from the poll to the confirmation of the response. Server and
          runtime share one core. The bare loop writes and reads the same bytes, and does nothing else. A runtime's own time
          is its time above the bare loop.
        TEXT
      end

      def system_calls
        rows = @runtime["system_calls"].map do |title, calls|
          [title, format("%.1f", calls.values.sum), calls.map { |name, number| "#{name} #{number.round(1)}" }.join(", ")]
        end
        section("System calls", <<~TEXT, markdown(["", "for each invocation", "by name"], rows))
          strace counts the system calls of a short run and of a long run with the short JSON response. The table shows how
          many more calls the long run makes, divided by how many more invocations it has. It is empty if strace is missing.
        TEXT
      end

      def memory
        rows = @runtime["memory"].map { |title, it| [title, format("%.1f MB", it["bytes"] / 1e6), format("%.1f×", it["bodies"])] }
        section("Memory", <<~TEXT, markdown(["", "growth of the peak", "multiple of the body"], rows))
          Growth of the largest resident size (VmHWM) from one small invocation to twenty invocations that receive 4.4 MB
          and send them back. Such a body is nearly 6 MB in base64. The last column divides the growth by the 4.4 MB.
        TEXT
      end

      def streams
        charts = @runtime["streams"].each_with_index.map { |it, number| chart("stream-#{number + 1}", it["title"], Bars, times([it])) }
        first = @runtime["first_byte"]
        section("Streams", <<~TEXT, *charts, invocations(@runtime["streams"]))
          Time of one streamed response, measured like the buffered responses above. The bare loop writes each chunk
          separately, but Lamby sends small chunks together. The first byte arrives #{first["median"].round} µs after the application
          has written it, and in 99 % of the invocations within #{first["slowest"].round} µs.
        TEXT
      end

      def start
        rows = @events["loads"].flat_map do |it|
          it["sides"].map { |side, figures| [it["title"], side, format("%.2f ms", figures["time"]), Format.ratio(figures["ratio"])] }
        end
        section("Start", <<~TEXT, markdown(["`require`", "", "time", "ratio"], rows))
          Time to load the gem in a fresh process that has loaded Rack, or Rack and the libraries of AWS's client.
        TEXT
      end

      def rails_start
        columns = @boot["columns"]
        rows = @boot["ways"].map { |way, figures| [way, *columns.keys.map { |column| figures[column]&.round(1).to_s }] }
        section("Start of a Rails application", <<~TEXT, markdown(["", *columns.values], rows))
          Processor time in milliseconds that the example Rails application takes from the start of the process to its first
          poll, by phase, and the duration of the first two responses. Each row but the first changes one thing. The
          applications take turns, and the first start of each does not count.
        TEXT
      end

      def better
        loads = @events["loads"].map { |it| it.merge("title" => "require #{it["title"]}") }
        compared = (@events["cases"] + @growth["cases"] + @runtime["buffered"] + @runtime["streams"] + loads).map do |it|
          [[it["title"], it["way"]].compact.join(", "), it["sides"]]
        end
        sentences = Better.sentences(compared)
        list = sentences.empty? ? "No peer took less time than Lamby in this run." : sentences.map { |it| "- #{it}" }.join("\n")
        section("Where a peer is better", "Each measurement above in which another side took less time than Lamby.\n", list)
      end

      def section(title, text, *parts)
        ["## #{title}\n", text, *parts.map { |part| "#{part.chomp}\n" }].join("\n")
      end

      # Returns [title, {side => microseconds}], without the sides that were not measured.
      def times(cases)
        cases.map do |it|
          [it["title"], it["sides"].reject { |_, figures| figures.is_a?(String) }.transform_values { |figures| figures["time"] }]
        end
      end

      # Draws a chart, and returns its Markdown.
      def chart(name, title, kind, rows)
        @charts["#{name}.svg"] = kind.draw(title, rows) { |value| Format.duration(value) }
        "![#{title}](benchmarks/#{name}.svg)"
      end

      def table(cases)
        rows = cases.flat_map do |it|
          it["sides"].map do |side, figures|
            next [it["title"], side, figures, "", "", ""] if figures.is_a?(String)

            [it["title"], side, Format.duration(figures["time"]), format("±%.1f %%", figures["noise"] * 100),
             Format.thousands(figures["objects"]), Format.ratio(figures["ratio"])]
          end
        end
        markdown(["", "", "time", "noise", "objects", "ratio"], rows)
      end

      def invocations(workloads)
        rows = workloads.flat_map do |it|
          it["sides"].map do |side, figures|
            [it["title"], side, Format.duration(figures["time"]), Format.duration(figures["above"]), format("%.2f×", figures["ratio"])]
          end
        end
        markdown(["", "", "time", "above the bare loop", "ratio to it"], rows)
      end

      # Returns a table. A title that is the same as in the row above is left out.
      def markdown(columns, rows)
        lines = rows.each_with_index.map { |row, at| at.positive? && rows[at - 1].first == row.first ? ["", *row.drop(1)] : row }
        [columns, columns.map { "---" }, *lines].map { |cells| "| #{cells.map { |cell| cell.gsub("|", "\\|") }.join(" | ")} |" }.join("\n")
      end
    end
  end
end
