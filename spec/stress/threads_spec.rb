# frozen_string_literal: true

RSpec.describe "Lamby.handler" do
  it "returns each thread's own response when eight threads call it at once" do
    app = lambda do |env|
      Thread.pass
      [200, { "content-type" => "text/plain", "x-path" => env["PATH_INFO"] }, [env["PATH_INFO"], env["rack.input"].read]]
    end
    threads = Array.new(8) do |thread|
      Thread.new do
        Array.new(500) do |number|
          event = http_event(method: "POST", path: "/#{thread}/#{number}", body: "#{thread}-#{number}" * 20)
          event = JSON.generate(event) if number.odd?
          answer = Lamby.handler(app, event, lambda_context)
          answer = JSON.parse(answer, symbolize_names: true) if number.odd?
          answer[:body] == "/#{thread}/#{number}#{"#{thread}-#{number}" * 20}"
        end
      end
    end
    expect(threads.flat_map(&:value)).to all(be(true))
  end
end
