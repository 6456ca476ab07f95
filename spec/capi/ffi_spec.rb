# frozen_string_literal: true

# JRuby calls liblamby through FFI. CRuby can do the same, and starts faster.
RSpec.describe "Lamby with liblamby in place of the native extension", :capi do
  next unless Requirements.gem?("ffi") && Liblamby.built?

  it "passes the specs of events and responses" do
    expect(Liblamby.run_specs(RbConfig.ruby)).to match(/^[4-9]\d\d examples, 0 failures/)
  end

  it "knows the same integrations and kinds of events as the native extension", :extension do
    lists = "require 'lamby'; native = Lamby.module_eval('Native'); p native.integrations, native::EVENT_KINDS"
    command = [RbConfig.ruby, "-I", File.join(Liblamby::ROOT, "lib"), "-e", lists]
    with_ffi, with_extension = ["ffi", nil].map do |native|
      IO.popen({ "LAMBY_NATIVE" => native, "LIBLAMBY" => Liblamby.path }, command, &:read)
    end
    expect(with_ffi).to eq(with_extension)
  end

  it "raises an error that says what to do if liblamby is missing" do
    environment = { "LAMBY_NATIVE" => "ffi", "LIBLAMBY" => "/missing/liblamby.so" }
    command = [RbConfig.ruby, "-I", File.join(Liblamby::ROOT, "lib"), "-e", "require 'lamby'"]
    output = IO.popen(environment, command, err: %i[child out], &:read)
    expect(output).to match(/Lamby cannot load liblamby, .*missing.*\. Install liblamby, or set LIBLAMBY to the path of the library/)
  end
end
