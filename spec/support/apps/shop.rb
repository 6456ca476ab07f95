# A shop whose orders and log lines the specs and the screenshots of the inspector show.
require "json"
require "lamby"

class OrderNotFound < StandardError; end

ORDERS = [
  { id: 1041, customer: "Ada Lovelace", total: "48.00", status: "paid" },
  { id: 1042, customer: "Alan Turing", total: "129.90", status: "open" },
  { id: 1043, customer: "Grace Hopper", total: "15.50", status: "paid" }
].freeze

def json(status, body, headers = {}) = [status, { "content-type" => "application/json", **headers }, [JSON.pretty_generate(body)]]

def find_order(id)
  ORDERS.find { |order| order[:id] == id } or raise OrderNotFound, "no order has the number #{id}"
end

def report
  Enumerator.new do |yielder|
    ORDERS.each do |order|
      sleep 0.05
      yielder << "#{order.values.join(",")}\n"
    end
  end
end

Lamby.configure do |config|
  config.rack_app = lambda do |env|
    puts "INFO -- Started #{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}"
    case env["PATH_INFO"]
    when "/orders" then env["REQUEST_METHOD"] == "POST" ? json(201, { created: env["rack.input"].read }) : json(200, ORDERS)
    when "/login" then json(200, { name: "Ada" }, "set-cookie" => "session=f3a9c2d41b; HttpOnly; SameSite=Lax")
    when "/report.csv" then [200, { "content-type" => "text/csv" }, report]
    when "/slow"
      sleep 0.01 until File.exist?("continue")
      json(200, { done: true })
    when %r{\A/orders/(\d+)\z} then json(200, find_order(Regexp.last_match(1).to_i))
    else json(404, { error: "there is no page #{env["PATH_INFO"]}" })
    end
  end
end

Lamby.config.on(:sqs) do |event|
  event["Records"].each { |record| puts "INFO -- Message #{record["messageId"]}" }
  nil
end
