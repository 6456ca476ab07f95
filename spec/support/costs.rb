# frozen_string_literal: true

require "bigdecimal"

# Computes the tables of docs/costs.md from the prices and assumptions in the same page.
class Costs
  RATES = [0, 1, 10, 100].freeze # requests a second
  INTEGRATIONS = ["Function URL", "HTTP API", "REST API", "load balancer"].freeze
  # Lambda starts this many Managed Instances, one in each availability zone.
  INSTANCES = 3
  private_constant :RATES, :INTEGRATIONS, :INSTANCES

  # @param page [String] the text of docs/costs.md
  def initialize(page)
    @page = page
  end

  # @return [String] the page with the computed tables
  def page
    { "What a month costs" => totals, "What the sums consist of" => parts, "Alarms" => alarms, "Traces" => traces, "Managed Instances" => instances }
      .reduce(@page) { |text, (heading, rows)| text.sub(/^## #{heading}\n.*?\n\n\K\|.*?\n(?=\n|\z)/m) { table(rows) } }
  end

  # Returns dollars for one unit.
  #
  # @param name [String] first cell of a row in the table of prices
  # @return [BigDecimal]
  def price(name)
    cell = cell(name, "Prices")
    dollars, units = cell.match(/\$([\d.]+) per ([\d,]+)?/).captures
    BigDecimal(dollars) / (units || "1").delete(",").to_i
  end

  # @param name [String] first cell of a row in the table of assumptions
  # @return [BigDecimal]
  def assumption(name)
    BigDecimal(cell(name, "Assumptions")[/[\d,.]+/].delete(","))
  end

  # @return [Hash{String => Integer}] for each integration, the number of metrics that the alarms watch
  def metrics = { "Function URL" => 6, "HTTP API" => 5, "REST API" => 5, "load balancer" => 7 }

  private

  def cell(name, heading)
    section = @page[/^## #{heading}\n.*?(?=^## |\z)/m] or raise "there is no section #{heading}"
    section[/^\| #{Regexp.escape(name)} \| ([^|]*?) \|/, 1] or raise "there is no row #{name.inspect} in #{heading}"
  end

  def table(rows)
    head, *body = rows
    lines = [head, ["---", *(["---:"] * (head.size - 1))], *body].map { |row| "| #{row.join(" | ")} |\n" }
    lines.join.gsub("| --- |", "|---|").gsub(/ (---:) \|/, '\1|')
  end

  def head(first) = [first, "idle", *RATES.drop(1).map { |rate| "#{rate} a second" }]

  def row(name) = [name, *RATES.map { |rate| dollars(yield(rate)) }]

  def dollars(amount) = "$#{amount.round(2).to_s("F").sub(/\.(\d)\z/, '.\10').reverse.gsub(/(\d{3})(?=\d)(?!.*\.)/, '\1,').reverse}"

  def hours = assumption("a month")

  def requests(rate) = rate * hours * 3600

  def gigabytes(rate, kilobytes) = requests(rate) * kilobytes / 1_000_000

  def totals
    [head("integration"), *INTEGRATIONS.map { |name| row(name) { |rate| common.values.sum { |part| part.call(rate) } + integration(name, rate) } }]
  end

  def parts
    rows = common.map { |name, part| row(name, &part) }
    [head("part"), *rows, *INTEGRATIONS.map { |name| row("the #{name}") { |rate| integration(name, rate) } }]
  end

  # What every integration needs.
  def common
    {
      "invocations" => ->(rate) { requests(rate) * price("Lambda, invocations") },
      "duration" => ->(rate) { requests(rate) * duration * price("Lambda, duration (arm64)") },
      "log" => ->(rate) { gigabytes(rate, assumption("log of a request")) * log },
      "data to the internet" => ->(rate) { gigabytes(rate, assumption("response")) * price("data to the internet") },
      "images" => ->(_rate) { images * price("image repository") },
      "secret with `SECRET_KEY_BASE`" => ->(_rate) { price("secret") }
    }
  end

  # GB-seconds of a request.
  def duration = assumption("duration of a request") / 1000 * assumption("memory") / 1024

  def log = price("log, ingestion") + (price("log, storage") * assumption("stored part of the log") / 100)

  def images = (assumption("first image") + ((assumption("images") - 1) * assumption("each other image"))) / 1000

  def integration(name, rate)
    case name
    when "Function URL" then BigDecimal(0)
    when "load balancer" then hours * (price("load balancer") + (2 * price("public IPv4 address")) + (units(rate) * price("load balancer, capacity unit")))
    else requests(rate) * price(name)
    end
  end

  # Capacity units of the load balancer. AWS counts only the dimension that uses most of them.
  def units(rate)
    bytes = rate * 3600 * (assumption("request") + assumption("response")) / 1_000_000
    [bytes / BigDecimal("0.4"), BigDecimal(rate) / 25].max
  end

  def alarms
    [["integration", "metrics", "a month"], *INTEGRATIONS.map { |name| [name, metrics.fetch(name).to_s, dollars(metrics.fetch(name) * price("alarm"))] }]
  end

  def traces
    [head("with `--xray`"), row("traces") { |rate| traced(rate) * hours * 3600 * price("trace") }]
  end

  # Traces a second.
  def traced(rate) = [rate, 1].min + ([rate - 1, 0].max * assumption("traced part of the other requests") / 100)

  # The rate from which instances cost less than the function's duration. The price of an invocation is the same.
  def instances
    instances = INSTANCES * hours * price("EC2, m7g.large") * (1 + price_of_management)
    rate = instances / (hours * 3600 * duration * price("Lambda, duration (arm64)"))
    [["three instances m7g.large", "a month"], ["price", dollars(instances)], ["costs as much as the duration of", "#{rate.round(0).to_i} requests a second"]]
  end

  def price_of_management = BigDecimal(cell("Managed Instances, management", "Prices")[/(\d+) %/, 1]) / 100
end
