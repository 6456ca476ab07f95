# frozen_string_literal: true

# `cargo test` reads the same files, as spec/fixtures/README.md describes.
RSpec.describe "The fixture" do
  def self.fixtures(folder)
    Dir[File.expand_path("../fixtures/#{folder}/*.json", __dir__)].to_h do |file|
      [File.basename(file, ".json"), -> { JSON.parse(File.read(file)) }]
    end
  end

  # The two forms in which an event reaches the handler.
  ways = { "a Hash" => ->(event) { event }, "JSON" => ->(event) { JSON.generate(event) } }

  # Returns the CGI keys, which begin with a capital letter, and the only rack.* key that depends on the event.
  def of_the_request(env)
    env.select { |key, _| key.match?(/\A[A-Z]/) || key == "rack.url_scheme" }
  end

  it "exists for every integration" do
    integrations = self.class.fixtures("requests").values.map { |read| read.call["integration"] }.uniq
    expect(integrations).to match_array(
      %w[function_url http_api_v2 http_api_v1 rest_api alb alb_multi_value vpc_lattice_v1 vpc_lattice_v2]
    )
  end

  fixtures("requests").each do |name, read|
    fixture = read.call

    describe "#{name}: #{fixture["description"]}" do
      ways.each do |way, as|
        it "leads to exactly the env in its file if the event is #{way}" do
          env = env_of(as.call(fixture["event"]))
          expect(of_the_request(env)).to eq(fixture["env"].transform_values(&:b))
          expect(env.keys & fixture.fetch("absent", [])).to be_empty
          expect(env["test.body"]).to eq(fixture.fetch("body_base64", "").unpack1("m0"))
          expect(fixture["event"]).to eq(read.call["event"]), "the event was changed"
        end
      end
    end
  end

  fixtures("not_http").each do |name, read|
    fixture = read.call
    message = fixture["looks_like"] ? "looks like #{fixture["looks_like"]}," : "is not an HTTP request"

    describe "#{name}: #{fixture["description"]}" do
      ways.each do |way, as|
        it "raises UnhandledEvent with #{message.inspect} in its message if the event is #{way}" do
          app = ->(_env) { raise "the application was called" }
          expect { Lamby.handler(app, as.call(fixture["event"]), lambda_context) }
            .to raise_error(Lamby::UnhandledEvent, /#{Regexp.escape(message)}/)
          expect(fixture["event"]).to eq(read.call["event"]), "the event was changed"
        end
      end
    end
  end
end
