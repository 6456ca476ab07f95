# frozen_string_literal: true

desc "Break connections and kill workers during many invocations: rake \"chaos[3000,1]\" (how many, seed)"
task :chaos, %i[invocations seed] => :compile do |_, arguments|
  environment = { "CHAOS_INVOCATIONS" => arguments[:invocations] || "3000", "CHAOS_SEED" => arguments[:seed] }
  sh environment, RbConfig.ruby, "-S", "rspec", "-I", "lib", "--tag", "slow", "spec/stress/chaos_spec.rb"
end
