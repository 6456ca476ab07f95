# frozen_string_literal: true

require "open3"

# The events that the crate aws_lambda_events ships, from its own package, through the
# whole adapter. What they must read as is tested in ext/core/tests.
RSpec.describe "The events of aws_lambda_events" do
  def fixtures
    manifest = File.expand_path("../../ext/core/Cargo.toml", __dir__)
    host = IO.popen(%w[rustc -vV], &:read)[/^host: (.*)/, 1]
    # Without a platform, cargo needs the crates of every platform. A build downloads only those of its own.
    output, error, status = Open3.capture3("cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", host, "--manifest-path", manifest)
    raise error unless status.success?

    package = JSON.parse(output)["packages"].find { |it| it["name"] == "aws_lambda_events" }
    Dir[File.join(File.dirname(package["manifest_path"]), "src/fixtures/*.json")]
  end

  it "are HTTP, and give an env that Rack::Lint passes in either way, or are refused" do
    answered = fixtures.count do |file|
      json = File.binread(file)
      event = JSON.parse(json)
      from_hash = env_of(event)
      from_bytes = env_of(json)
      # JSON cannot repeat a field, so both ways read the same.
      expect(from_bytes.reject { |key, _| key.start_with?("lambda.", "rack.") })
        .to eq(from_hash.reject { |key, _| key.start_with?("lambda.", "rack.") }), file
      true
    rescue Lamby::UnhandledEvent
      false
    end
    expect(answered).to eq(19)
  end
end
