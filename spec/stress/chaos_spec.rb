# frozen_string_literal: true

# `rake chaos[3000,42]` runs more of them, and the same ones again.
RSpec.describe "The runtime, while connections break and workers are killed", :slow, if: File.exist?("/proc/net/tcp") do
  invocations = Integer(ENV.fetch("CHAOS_INVOCATIONS", "300"))
  seed = Integer(ENV.fetch("CHAOS_SEED") { Random.new_seed % 1_000_000 })

  it "has the same faults again with the same seed" do
    first, second, other = [[seed, 50], [seed, 50], [seed + 1, 50]].map do |number, count|
      Chaos.new(:concurrent, count, number).plans.map { |plan| plan.to_h.except(:id) }
    end
    expect(second).to eq(first)
    expect(other).not_to eq(first)
  end

  Chaos::MODES.each_key do |mode|
    it "loses and doubles none of #{invocations} invocations, and does not hang or crash, in #{mode} mode (seed #{seed})" do
      chaos = Chaos.new(mode, invocations, seed)
      counts = chaos.run
      expect(counts.values).to all(eq(0)), "#{counts} with CHAOS_SEED=#{seed}\n#{chaos.faults.first(20).join("\n")}\n#{chaos.log.lines.last(100).join}"
    end
  end
end
