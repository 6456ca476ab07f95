# frozen_string_literal: true

require "open3"

# Handles every sample event of the crate aws_lambda_events with the whole adapter. The tests in ext/core/tests check
# which requests the core reads from them.
RSpec.describe "The events of aws_lambda_events" do
  def fixtures
    manifest = File.expand_path("../../ext/core/Cargo.toml", __dir__)
    host = IO.popen(%w[rustc -vV], &:read)[/^host: (.*)/, 1]
    # Without --filter-platform, `cargo metadata` would need the crates of every platform, but a build has downloaded
    # only the crates for its own platform.
    output, error, status = Open3.capture3("cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", host, "--manifest-path", manifest)
    raise error unless status.success?

    package = JSON.parse(output)["packages"].find { |it| it["name"] == "aws_lambda_events" }
    Dir[File.join(File.dirname(package["manifest_path"]), "src/fixtures/*.json")]
  end

  it "lead to an env that passes Rack::Lint if they are HTTP requests, and raise UnhandledEvent otherwise" do
    answered = fixtures.count do |file|
      json = File.binread(file)
      event = JSON.parse(json)
      from_hash = env_of(event)
      from_bytes = env_of(json)
      # JSON can repeat a field, and a Hash cannot. These files repeat no field, so JSON and Hash must lead to the same env.
      expect(from_bytes.reject { |key, _| key.start_with?("lambda.", "rack.") })
        .to eq(from_hash.reject { |key, _| key.start_with?("lambda.", "rack.") }), file
      true
    rescue Lamby::UnhandledEvent
      false
    end
    expect(answered).to eq(19)
  end
end
