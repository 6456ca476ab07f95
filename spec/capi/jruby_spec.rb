# frozen_string_literal: true

# `bin/test jruby` makes a system with a JRuby, and runs this spec there.
RSpec.describe "Lamby on JRuby", :slow, :capi, :jruby do
  next unless Requirements.program?("jruby") && Liblamby.built?

  it "passes the specs of events and responses" do
    expect(Liblamby.run_specs("jruby")).to match(/^[4-9]\d\d examples, 0 failures/)
  end
end
