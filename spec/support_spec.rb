# frozen_string_literal: true

# Other specs rely on this, so that a failed run ends soon and says why.
RSpec.describe Waiting do
  include_context "with a Runtime API"

  it "ends when initialization has failed" do
    @process = RuntimeProcess.new(@api, "raise 'oops'")
    expect { @api.invoke("{}").wait }.to raise_error(/the runtime ended before a response to invocation .*exit 1/)
    expect(@process.log).to include("oops")
  end

  it "ends when the process was killed" do
    @process = RuntimeProcess.new(@api, "sleep")
    @process.kill("KILL")
    expect { wait_until("the first poll") { @api.exchanges.any? } }.to raise_error(/the runtime ended before the first poll: .*SIGKILL/)
  end

  it "ends at its limit" do
    expect { wait_until("the first poll", limit: 0.05) { false } }.to raise_error(/waited 0\.05 s \(LAMBY_SPEC_TIMEOUT\) for the first poll/)
  end
end

RSpec.describe Requirements do
  around do |example|
    before = ENV.fetch("LAMBY_SPEC_WITHOUT", nil)
    ENV["LAMBY_SPEC_WITHOUT"] = "left_out"
    example.run
  ensure
    ENV["LAMBY_SPEC_WITHOUT"] = before
  end

  it "fails for a missing gem, and says what to install" do
    expect { described_class.gem?("rake", "no_such_gem") }.to raise_error(
      LoadError, "the gem no_such_gem is missing: run bin/test, or apt-get install ruby-no-such-gem, or bundle install. " \
                 "To leave out the specs that need it, set LAMBY_SPEC_WITHOUT=left_out,no_such_gem"
    )
  end

  it "fails for a missing program, and says what to install" do
    expect { described_class.program?("no-such-program") }.to raise_error(LoadError, %r{\Athe program no-such-program is missing: run bin/test, or apt-get install no-such-program})
  end

  it "leaves out what LAMBY_SPEC_WITHOUT names" do
    expect([described_class.gem?("left_out"), described_class.program?("left_out"), described_class.program?("sh")]).to eq([false, false, true])
  end
end
