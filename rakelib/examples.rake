# frozen_string_literal: true

require "tmpdir"

desc "Run each Ruby example in README.md and docs/ that is not marked `no_run`"
task examples: :compile do
  examples = Rake::FileList["README.md", "docs/**/*.md"].flat_map do |page|
    File.read(page, encoding: "UTF-8").to_enum(:scan, /^```ruby$\n(.*?)^```$/m).map do
      match = Regexp.last_match
      ["#{page}:#{match.pre_match.count("\n") + 2}", match[1]]
    end
  end
  abort "README.md and docs/ have no example that runs" if examples.empty?

  examples.each do |place, code|
    puts place
    Dir.mktmpdir { |folder| sh RbConfig.ruby, "-I", File.expand_path("lib"), "-e", code, chdir: folder, verbose: false }
  end
end
