# frozen_string_literal: true

# JRuby calls liblamby through FFI. CRuby can do the same, and starts faster.
RSpec.describe "Lamby with liblamby in place of the native extension", :slow, :capi do
  before { Requirements.gem?("ffi") }

  def loaded(code, environment)
    command = [RbConfig.ruby, "-I", "#{SpecsWithLiblamby::ROOT}/lib", "-e", "require 'lamby'; #{code}"]
    IO.popen(SpecsWithLiblamby::ENVIRONMENT.merge(environment), command, err: %i[child out], &:read)
  end

  it "passes the specs of events and responses" do
    expect(SpecsWithLiblamby.run(RbConfig.ruby)).to match(/^[45]\d\d examples, 0 failures/)
  end

  it "knows the same integrations and kinds of events as the native extension" do
    lists = "native = Lamby.module_eval('Native'); p native.integrations, native::EVENT_KINDS"
    expect(loaded(lists, {})).to eq(loaded(lists, { "LAMBY_NATIVE" => nil }))
  end

  it "raises an error that says what to do if liblamby is missing" do
    expect(loaded("", { "LIBLAMBY" => "/missing/liblamby.so" }))
      .to match(%r{Lamby cannot load liblamby, .*/missing/liblamby\.so.*\. Install liblamby, or set LIBLAMBY to the path of the library})
  end

  it "raises an error that names CRuby if the simulator or stage_as_script_name is used" do
    expect(loaded("Lamby.config.stage_as_script_name = true", {})).to match(/cannot run config\.stage_as_script_name, .*; run it with CRuby \(Lamby::Error\)/)
    expect(loaded("Lamby::Simulator.event(:alb)", {})).to match(/cannot run the simulator of HTTP requests .*; run it with CRuby \(Lamby::Error\)/)
  end
end
