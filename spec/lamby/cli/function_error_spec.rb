# frozen_string_literal: true

RSpec.describe Lamby::CLI::FunctionError do
  def error(**fields) = described_class.new(JSON.generate(fields))

  it "describes an exception by its type, its message and the first line of the application's code" do
    trace = ["/usr/local/bundle/ruby/3.4.0/gems/rails-8.1.0/lib/a.rb:1:in 'call'", "/var/task/vendor/b.rb:2:in 'b'", "/var/task/app/models/order.rb:3:in 'pay'"]
    found = error(errorType: "Function.OrderUnpaid", errorMessage: "no card\n\nsecond line", stackTrace: trace)
    expect(found).to have_attributes(message: "OrderUnpaid: no card …", place: "app/models/order.rb:3:in 'pay'", details: ["", "second line"])
    expect(found.backtrace[1..]).to eq(["vendor/b.rb:2:in 'b'", "app/models/order.rb:3:in 'pay'"])
  end

  it "describes the errors of AWS's runtime client and of Lambda itself" do
    expect(error(errorType: "Function<RuntimeError>", errorMessage: "boom").message).to eq("RuntimeError: boom")
    expect(error(errorMessage: "2026-11-28T07:00:00Z Task timed out after 30.03 seconds")).to have_attributes(message: "2026-11-28T07:00:00Z Task timed out after 30.03 seconds", place: nil, backtrace: [])
    expect(error(errorType: "Runtime.ExitError", errorMessage: "").message).to eq("Runtime.ExitError")
  end

  it "describes any other payload" do
    expect(described_class.new("boom").message).to eq("boom")
    expect(described_class.new("[1]").message).to eq("[1]")
  end
end
