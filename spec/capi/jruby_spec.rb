# frozen_string_literal: true

# `bin/test jruby` makes a system with JRuby, and runs this spec there.
RSpec.describe "Lamby on JRuby", :slow, :capi, :jruby do
  before { Requirements.program?("jruby") }

  it "passes the specs of events and responses" do
    expect(SpecsWithLiblamby.run("jruby")).to match(/^[45]\d\d examples, 0 failures/)
  end
end
