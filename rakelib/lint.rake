# frozen_string_literal: true

desc "Check style, of Rust and (where RuboCop is there) of Ruby, and that the versions agree"
task :lint do
  require_relative "../lib/lamby/version"
  cargo = File.read("Cargo.toml")[/^version = "(.*)"/, 1]
  abort "Cargo.toml has version #{cargo}, lib/lamby/version.rb #{Lamby::VERSION}" unless cargo == Lamby::VERSION

  sh "cargo", "fmt", "--all", "--check"
  sh({ "RUSTDOCFLAGS" => "--deny warnings" }, "cargo", "doc", "--quiet", "--no-deps")
  sh "cargo", "clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"
  if system("rubocop", "--version", out: File::NULL, err: File::NULL)
    sh "rubocop", "--format", "simple"
  else
    puts "rubocop is not installed: Ruby's style was not checked"
  end
end
