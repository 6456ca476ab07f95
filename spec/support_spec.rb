# frozen_string_literal: true

# Other specs use Waiting, so that a failed run ends soon and says why.
RSpec.describe Waiting do
  include_context "with a Runtime API"

  it "stops waiting for a response when the runtime's initialization has failed" do
    @process = RuntimeProcess.new(@api, "raise 'oops'")
    expect { @api.invoke("{}").wait }.to raise_error(/the runtime ended before a response to invocation .*exit 1/)
    expect(@process.log).to include("oops")
  end

  it "stops waiting when the runtime was killed" do
    @process = RuntimeProcess.new(@api, "sleep")
    @process.kill("KILL")
    expect { wait_until("the first poll") { @api.exchanges.any? } }.to raise_error(/the runtime ended before the first poll: .*SIGKILL/)
  end

  it "raises an error when its time limit has passed" do
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

  it "raises an error that says what to install if a gem is missing" do
    expect { described_class.gem?("rake", "no_such_gem") }.to raise_error(
      LoadError, "the gem no_such_gem is missing: run bin/test, or apt-get install ruby-no-such-gem, or bundle install. " \
                 "To leave out the specs that need it, set LAMBY_SPEC_WITHOUT=left_out,no_such_gem"
    )
  end

  it "raises an error that says what to install if a program is missing" do
    expect { described_class.program?("no-such-program") }.to raise_error(LoadError, %r{\Athe program no-such-program is missing: run bin/test, or apt-get install no-such-program})
  end

  it "treats a gem or program as missing if LAMBY_SPEC_WITHOUT names it" do
    expect([described_class.gem?("left_out"), described_class.program?("left_out"), described_class.program?("sh")]).to eq([false, false, true])
  end
end
