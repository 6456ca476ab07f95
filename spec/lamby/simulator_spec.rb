# frozen_string_literal: true

require "zlib"

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

  describe ".sample" do
    Lamby::Config::EVENT_KINDS.each do |kind|
      it "returns an event that Lamby recognises: #{kind}" do
        expect { Lamby.handler(nil, described_class.sample(kind), nil) }
          .to raise_error(Lamby::UnhandledEvent) { |error| expect(error.kind || :unknown).to eq(kind) }
      end
    end

    (Lamby::Config::EVENT_KINDS - %i[direct unknown]).each do |kind|
      it "returns an event with the fields of AWS's sample in the fixtures: #{kind}" do
        fixture = { event_bridge: "eventbridge", authorizer: "authorizer_token" }.fetch(kind, kind.to_s)
        fields = ->(value) { value.is_a?(Hash) ? value.to_h { |name, it| [name, fields.call(it)] } : (fields.call(value[0]) if value.is_a?(Array)) }
        missing = ->(there, here) { (there || {}).flat_map { |name, it| here&.key?(name) ? missing.call(it, here[name]) : [name] } }
        documented = fields.call(JSON.parse(File.read("#{__dir__}/../fixtures/not_http/#{fixture}.json"))["event"])
        # These objects have the names of a user's own data.
        own = %w[instance-id state Test Message]
        expect(missing.call(documented, fields.call(JSON.parse(described_class.sample(kind)))) - own).to eq([])
      end
    end

    it "has records that each_record can handle" do
      %i[sqs kinesis dynamodb].each do |kind|
        seen = []
        Lamby.each_record(described_class.sample(kind)) { |record| seen << record }
        expect(seen).not_to be_empty
      end
    end

    it "has data of CloudWatch Logs that can be decoded" do
      data = JSON.parse(described_class.sample(:cloudwatch_logs)).dig("awslogs", "data")
      expect(JSON.parse(Zlib.gunzip(data.unpack1("m0")))).to include("messageType" => "DATA_MESSAGE", "logEvents" => [include("message" => /order 1/)])
    end

    it "refuses a kind that does not exist" do
      expect { described_class.sample(:mail) }.to raise_error(ArgumentError, /there is no sample of :mail; the kinds are sqs, /)
    end

    it "reads files that the gem contains" do
      files = Gem::Specification.load(File.expand_path("../../gem.gemspec", __dir__)).files
      expect(files).to include(*Lamby::Config::EVENT_KINDS.map { |kind| "lib/lamby/simulator/samples/#{kind}.json" })
    end
  end
end
