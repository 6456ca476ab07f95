# frozen_string_literal: true

# Writes docs/benchmarks.md and its charts from the results of the last runs: see bench/README.md.

require "fileutils"
require_relative "report/page"
require_relative "results"

docs = File.expand_path("../docs", __dir__)
page = Bench::Report::Page.new(
  events: Bench::Results.read("events"), growth: Bench::Results.read("growth"), runtime: Bench::Results.read("runtime"),
  boot: Bench::Results.read("boot")
)
File.write("#{docs}/benchmarks.md", page.to_s)
FileUtils.rm_rf("#{docs}/benchmarks")
FileUtils.mkdir_p("#{docs}/benchmarks")
page.charts.each { |name, svg| File.write("#{docs}/benchmarks/#{name}", svg) }
puts "docs/benchmarks.md"
