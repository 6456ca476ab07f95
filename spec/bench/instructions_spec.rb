# frozen_string_literal: true

require "tmpdir"
require_relative "../../bench/instructions/kept"

RSpec.describe "Bench::Instructions::Kept" do
  let(:kept) { Bench::Instructions::Kept }

  around { |example| Dir.mktmpdir { |folder| @file = "#{folder}/instructions.json" and example.run } }

  it "returns by which fraction a new count differs from the count in the file" do
    kept.new(@file).write("path" => 200)
    expect(kept.new(@file).move("path", 210)).to eq(0.05)
  end

  it "returns nil for a path without a count in the file" do
    expect(kept.new(@file).move("path", 210)).to be_nil
  end

  it "keeps the counts of other platforms" do
    kept.new(@file, platform: "Ruby 3.3, aarch64").write("path" => 100)
    kept.new(@file, platform: "Ruby 3.1, x86_64").write("path" => 200)
    expect(kept.new(@file, platform: "Ruby 3.3, aarch64").counts).to eq("path" => 100)
  end
end
