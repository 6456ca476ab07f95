# frozen_string_literal: true

RSpec.describe "The env of an event" do
  # Keys that the event does not decide.
  def of_the_request(env)
    env.select { |key, _| key.match?(/\A[A-Z]/) || key == "rack.url_scheme" }
  end

  Dir[File.expand_path("../fixtures/requests/*.json", __dir__)].sort.each do |file|
    fixture = JSON.parse(File.read(file))

    describe "#{File.basename(file, ".json")}: #{fixture["description"]}" do
      [["a Hash", ->(event) { event }], ["bytes", ->(event) { JSON.generate(event) }]].each do |way, as|
        it "is complete and exact, from #{way}" do
          env = env_of(as.call(fixture["event"]))
          expect(of_the_request(env)).to eq(fixture["env"].transform_values(&:b))
          expect(env["test.body"]).to eq(fixture.fetch("body_base64", "").unpack1("m0"))
          expect(fixture["event"]).to eq(JSON.parse(File.read(file))["event"])
        end
      end
    end
  end
end
