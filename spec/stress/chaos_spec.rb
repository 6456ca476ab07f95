# frozen_string_literal: true

# `rake chaos[3000,42]` runs 3,000 invocations with the faults of seed 42.
RSpec.describe "The runtime, when connections fail and workers are killed,", :slow, if: File.exist?("/proc/net/tcp") do
  invocations = Integer(ENV.fetch("CHAOS_INVOCATIONS", "300"))
  seed = Integer(ENV.fetch("CHAOS_SEED") { Random.new_seed % 1_000_000 })

  it "is tested with the same faults for the same seed" do
    first, second, other = [[seed, 50], [seed, 50], [seed + 1, 50]].map do |number, count|
      Chaos.new(:concurrent, count, number).plans.map { |plan| plan.to_h.except(:id) }
    end
    expect(second).to eq(first)
    expect(other).not_to eq(first)
  end

  Chaos::MODES.each_key do |mode|
    it "gives each of #{invocations} invocations exactly one response in #{mode} mode, and does not hang or crash (seed #{seed})" do
      chaos = Chaos.new(mode, invocations, seed)
      counts = chaos.run
      expect(counts.values).to all(eq(0)), "#{counts} with CHAOS_SEED=#{seed}\n#{chaos.faults.first(20).join("\n")}\n#{chaos.log.lines.last(100).join}"
    end
  end
end
