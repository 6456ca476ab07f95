# frozen_string_literal: true

RSpec.describe Lamby::Runtime::TraceId do
  around do |example|
    before = ENV.fetch("_X_AMZN_TRACE_ID", nil)
    example.run
    ENV["_X_AMZN_TRACE_ID"] = before
  end

  def variable
    ENV.fetch("_X_AMZN_TRACE_ID", nil)
  end

  {
    "an id" => "Root=1-5bef4de7-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1", "an empty id" => "",
    "an id of 500 bytes" => "R" * 500, "an id that is longer than Lambda's ids" => "R" * 5000
  }.each do |name, id|
    it "exports #{name} to Ruby code and to child processes" do
      described_class.export(id)
      expect([variable, `printenv _X_AMZN_TRACE_ID`]).to eq([id, "#{id}\n"])
    end
  end

  it "replaces a longer id" do
    described_class.export("Root=1-5bef4de7;Sampled=1")
    described_class.export("Root=2")
    expect(variable).to eq("Root=2")
  end

  it "deletes the variable if there is no id" do
    described_class.export("Root=1")
    described_class.export(nil)
    expect([variable, `printenv _X_AMZN_TRACE_ID`]).to eq([nil, ""])
  end

  it "replaces a value that the application has set" do
    described_class.export("Root=1")
    ENV["_X_AMZN_TRACE_ID"] = "Root=2"
    described_class.export("Root=3")
    expect(variable).to eq("Root=3")
    expect(ENV.keys.count("_X_AMZN_TRACE_ID")).to eq(1)
  end

  it "needs no new memory for each id" do
    skip "JRuby's environment is not that of the process" if RUBY_ENGINE == "jruby"

    program = <<~'RUBY'
      require "lamby"
      pages = -> { GC.start; File.read("/proc/self/statm").split[1].to_i }
      export = ->(ids) { ids.each { |id| Lamby::Runtime::TraceId.export(format("Root=1-%032x;Sampled=1", id)) } }
      export.(1..10_000)
      before = pages.()
      export.(10_001..210_000)
      print (pages.() - before) * 4
    RUBY
    kilobytes = Integer(IO.popen([RbConfig.ruby, "-I", "#{RuntimeProcess::ROOT}/lib", "-e", program], &:read))
    expect(kilobytes).to be < 5_000 # `ENV[]=` takes 28,000.
  end
end
