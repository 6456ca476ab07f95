# frozen_string_literal: true

require "lamby/scaffold"
require "yaml"

RSpec.describe "docs/costs.md" do
  include_context "with generated projects"

  let(:page) { File.read("#{RuntimeProcess::ROOT}/docs/costs.md", encoding: "UTF-8") }
  let(:costs) { Costs.new(page) }

  it "has the figures that follow from its prices and assumptions; `rake doc:costs` writes them" do
    expect(costs.page).to eq(page)
  end

  # These figures were computed without the program.
  it "has figures that a reader gets with a calculator" do
    expect(page).to match(/^\| the HTTP API \| \$0\.00 \| \$2\.63 \| \$26\.28 \| \$262\.80 \|$/)
    expect(page).to match(/^\| the REST API \| \$0\.00 \| \$9\.20 \| \$91\.98 \| \$919\.80 \|$/)
    expect(page).to match(/^\| invocations \| \$0\.00 \| \$0\.53 \| \$5\.26 \| \$52\.56 \|$/)
    expect(page).to match(/^\| the load balancer \| \$23\.73 \|/)
  end

  it "changes with each price and each assumption" do
    values = page[/^## Assumptions\n.*/m].scan(/^\| (?!what)([^|]+) \| ([^|]*\d[^|]*) \|/)
    expect(values.size).to be > 20
    without_effect = values.select do |name, value|
      changed = page.sub("| #{name} | #{value} |", "| #{name} | #{value.sub(/\d[\d,.]*/) { |number| (BigDecimal(number.delete(",")) * 3).to_s("F") }} |")
      Costs.new(changed).page == changed
    end
    expect(without_effect).to eq([])
  end

  it "assumes the memory and the images of the generated files" do
    folder = generate("function_url", false, "none", "arm64")
    expect(File.read("#{folder}/template.yaml")).to include("MemorySize: #{costs.assumption("memory").to_i}\n", "RetentionInDays: 30\n")
    expect(File.read("#{folder}/bin/deploy")).to include("\"countNumber\":#{costs.assumption("images").to_i}}")
  end

  it "counts the metrics of the generated alarms" do
    expected = Lamby::Scaffold::Settings::INTEGRATIONS.map do |integration|
      template = File.read("#{generate(integration, false, "none", "arm64", alarms: true)}/template.yaml")
      template.scan("MetricName:").size
    end
    expect(costs.metrics.values).to eq(expected)
  end
end
