# frozen_string_literal: true

desc "Run the tests of the core and the Runtime API client, which need no Ruby"
task :cargo_test do
  sh "cargo", "test", "--quiet"
end

desc "Run the specs that are not slow"
task spec: :compile do
  sh RbConfig.ruby, "-S", "rspec", "-I", "lib"
end

desc "Run the slow specs"
task "spec:slow": :compile do
  sh RbConfig.ruby, "-S", "rspec", "-I", "lib", "--tag", "slow"
end
