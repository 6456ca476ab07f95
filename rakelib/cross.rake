# frozen_string_literal: true

# Precompiled gems for other platforms and all Rubies, in the containers of rb-sys-dock
# (.github/workflows/release.yml): there it names its platform in RUBY_TARGET and runs
# `rake native:$RUBY_TARGET gem`. https://oxidize-rb.github.io/rb-sys/
if ENV.key?("RUBY_TARGET")
  require "rb_sys/extensiontask"
  require "rubygems/package_task"

  specification = Gem::Specification.load("gem.gemspec")
  Gem::PackageTask.new(specification).define
  RbSys::ExtensionTask.new("lamby", specification) do |extension|
    extension.lib_dir = "lib/lamby"
  end
end
