# frozen_string_literal: true

desc "Check the style of Rust and (if RuboCop is installed) of Ruby, and that the versions agree"
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
    puts "The style of Ruby was not checked, because rubocop is not installed."
  end
end
