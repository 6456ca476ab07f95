# frozen_string_literal: true

# For a request, the simulator builds the event that an integration would send to Lambda. For a payload, it builds the
# response that the integration would send to the client.
RSpec.describe Lamby::Simulator do
  lattice = %i[vpc_lattice_v1 vpc_lattice_v2]

  # Returns the last value of each header of an event.
  def forwarded(integration)
    event = JSON.parse(described_class.event(integration, url: "http://example.com:8080/"))
    (event["headers"] || event["multiValueHeaders"]).transform_values { |value| Array(value).last }
  end

  lattice.each do |integration|
    it "puts the client's scheme and port into VPC Lattice's own headers: #{integration}" do
      expect(forwarded(integration)).to include("x-forwarded-for-proto" => "http", "x-forwarded-for-port" => "8080")
      expect(forwarded(integration).keys).not_to include("x-forwarded-proto", "x-forwarded-port")
    end
  end

  (described_class.integrations - lattice).each do |integration|
    it "puts the client's scheme and port into X-Forwarded-Proto and X-Forwarded-Port: #{integration}" do
      expect(forwarded(integration)).to include("x-forwarded-proto" => "http", "x-forwarded-port" => "8080")
    end
  end

  described_class.integrations.each do |integration|
    it "writes headers from which Lamby reads the scheme and the port: #{integration}" do
      env = nil
      app = ->(it) { (env = it) && [200, {}, []] }
      Lamby.handler(app, described_class.event(integration, url: "http://example.com:8080/"), nil)
      expect(env).to include("rack.url_scheme" => "http", "SERVER_PORT" => "8080")
    end

    it "accepts the control character DEL in a response header, as the integration does: #{integration}" do
      app = ->(_env) { [200, { "x-own" => "a\x7fb" }, []] }
      payload = Lamby.handler(app, described_class.event(integration), nil)
      expect(described_class.answer(integration, payload)["x-own"]).to eq("a\x7fb")
    end

    it "refuses a payload with a line break in a header: #{integration}" do
      payload = JSON.generate(statusCode: 200, headers: { "x-own" => "a\r\nb" }, multiValueHeaders: { "x-own" => ["a\r\nb"] })
      expect { described_class.answer(integration, payload) }
        .to raise_error(Lamby::InvalidResponse, /the integration would refuse this payload with status 502: the value of the header "x-own"/)
    end
  end
end
