# frozen_string_literal: true

require "open3"

desc "Write the documentation of the Ruby and Rust code into doc/; fail if a name in it is wrong or not documented"
task doc: %w[doc:ruby doc:rust]

desc "Compute the tables of docs/costs.md from the prices in the page"
task "doc:costs" do
  require_relative "../spec/support/costs"
  page = File.read("docs/costs.md", encoding: "UTF-8")
  File.write("docs/costs.md", Costs.new(page).page)
end

# The options are in .yardopts.
task "doc:ruby" do
  written, status = Open3.capture2e("yard", "doc", "--fail-on-warning")
  abort written unless status.success?

  documented, = Open3.capture2e("yard", "stats", "--list-undoc")
  abort documented if documented.include?("Undocumented Objects")
  puts "doc/ruby/index.html"
end

# rustdoc warns about a link to a name that does not exist; a public name without a comment is an error (see
# missing_docs in Cargo.toml).
task "doc:rust" do
  sh({ "RUSTDOCFLAGS" => "--deny warnings" }, "cargo", "doc", "--quiet", "--no-deps", "--workspace")
end
