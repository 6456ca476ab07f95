# frozen_string_literal: true

# Builds precompiled gems for other platforms. Each gem supports several versions of Ruby. rb-sys-dock sets RUBY_TARGET
# to the platform in its container, and runs `rake native:$RUBY_TARGET gem` (see .github/workflows/release.yml).
# https://oxidize-rb.github.io/rb-sys/
if ENV.key?("RUBY_TARGET")
  require "rb_sys/extensiontask"
  require "rubygems/package_task"

  specification = Gem::Specification.load("gem.gemspec")
  Gem::PackageTask.new(specification).define
  RbSys::ExtensionTask.new("lamby", specification) do |extension|
    extension.lib_dir = "lib/lamby"
  end
end
