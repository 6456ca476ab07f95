# frozen_string_literal: true

require_relative "../../bench/report/page"

RSpec.describe "The benchmark's report" do
  let(:figures) { ->(time) { { "time" => time, "noise" => 0.01, "objects" => 30, "above" => time - 5, "ratio" => 2.0 } } }
  let(:case_of) do
    lambda do |id, ours, theirs|
      { "id" => id, "title" => "<#{id}>", "way" => "bytes", "sides" => { "Lamby" => figures.call(ours), "R&D" => theirs } }
    end
  end
  let(:events) do
    cases = [case_of.call("fast", 10.0, figures.call(20.0)), case_of.call("slow", 30.0, figures.call(20.0)), case_of.call("other", 10.0, "no ALB")]
    { "ruby" => "ruby 3.1", "rack" => "2.2", "sides" => { "Lamby" => "Lamby 7", "R&D" => "R&D 1" }, "processor" => "P", "pinned" => "pinned",
      "rounds" => 1, "cases" => cases + cases.map { |it| it.merge("way" => "hash") }, "loads" => [] }
  end
  let(:growth) { { "rounds" => 1, "cases" => [10, 1000].map { |size| case_of.call("headers/#{size}", size * 1.5, figures.call(size * 3.0)) } } }
  let(:runtime) do
    sides = { "bare loop" => figures.call(5.0), "lamby runtime" => figures.call(9.0), "R&D" => figures.call(8.0) }
    workload = { "title" => "echo", "sides" => sides }
    { "rounds" => 1, "buffered" => [workload], "streams" => [workload], "system_calls" => { "bare loop" => { "read" => 2.0, "write" => 2.0 } },
      "memory" => { "lamby runtime" => { "bytes" => 8_800_000, "bodies" => 2.0 } }, "first_byte" => { "median" => 13.0, "slowest" => 40.0 } }
  end
  let(:boot) { { "columns" => { "ruby" => "Ruby", "collections" => "GCs" }, "ways" => { "lamby runtime" => { "ruby" => 37.42, "collections" => nil } } } }
  let(:page) { Bench::Report::Page.new(events: events, growth: growth, runtime: runtime, boot: boot) }
  let!(:markdown) { page.to_s }

  it "lists each measurement in which a peer is faster than Lamby; the bare loop is not listed, because it is not a peer" do
    list = markdown[/^## Where a peer is better.*?(?=^## )/m].scan(/^- (.*)/).flatten
    expect(list).to eq(["<slow>, bytes: R&D takes 0.67 times as long as Lamby.", "<slow>, hash: R&D takes 0.67 times as long as Lamby.",
                        "echo: R&D takes 0.89 times as long as Lamby.", "echo: R&D takes 0.89 times as long as Lamby."])
  end

  it "prints the phases of a Rails application's start, with an empty cell for a phase that was not measured" do
    expect(markdown).to include("|  | Ruby | GCs |", "| lamby runtime | 37.4 |  |")
  end

  it "prints why a peer was not measured" do
    expect(markdown).to include("|  | R&D | no ALB |")
  end

  it "ends with what is left to make faster" do
    expect(markdown.scan(/^## .*/).last).to eq("## What is left")
  end

  it "draws each chart that the page shows, and escapes the titles and the names of the peers" do
    expect(markdown.scan(%r{\(benchmarks/([^)]+)\)}).flatten).to match_array(page.charts.keys)
    expect(page.charts.fetch("events-bytes.svg").scan(%r{>([^<>]*)</text>}).flatten).to include("&lt;fast&gt;", "R&amp;D", "20.00 µs")
  end

  it "draws parallel lines for Lamby and a peer if the times of both are proportional to the size" do
    lines = page.charts.fetch("growth-headers.svg").scan(/<polyline points="([^"]+)"/).flatten
    heights = lines.map { |points| points.split.map { |point| point.split(",").last.to_f } }
    expect(heights.map { |first, last| (first - last).round }).to eq([120, 120])
  end
end
