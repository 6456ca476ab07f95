# frozen_string_literal: true

desc "Compare the adapter with one in pure Ruby (PEER=path/to/lib adds another version of the gem)"
task bench: :compile do
  sh RbConfig.ruby, "-I", "lib", "bench/run.rb"
end

desc "Compare how the time grows with headers, parameters and the body"
task "bench:growth": :compile do
  sh RbConfig.ruby, "-I", "lib", "bench/run.rb", "growth"
end

desc "Measure invocations through the Runtime API (AWS_CLIENT=path/to/lib and WEB_ADAPTER=path/to/binary add peers)"
task "bench:runtime": :compile do
  sh RbConfig.ruby, "bench/runtime.rb"
end

desc "Measure the start of the example Rails application (AWS_CLIENT=path/to/lib and PEER=path/to/lib add AWS's client)"
task "bench:boot": :compile do
  sh RbConfig.ruby, "bench/boot.rb"
end

desc "Compare lamby serve with Puma, and write the table into docs/serve.md (needs wrk)"
task "bench:serve": :compile do
  sh RbConfig.ruby, "-I", "lib", "bench/serve.rb"
end

desc "Count the instructions for each event and each invocation with valgrind (UPDATE=1 keeps the new counts)"
task "bench:instructions": :compile do
  sh RbConfig.ruby, "bench/instructions.rb"
end

desc "Run the benchmarks, and write their results and charts into docs/benchmarks.md (PEER, AWS_CLIENT and WEB_ADAPTER add peers)"
task "bench:report": %i[bench bench:growth bench:runtime bench:boot] do
  sh RbConfig.ruby, "bench/report.rb"
end
