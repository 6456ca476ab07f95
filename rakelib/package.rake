# frozen_string_literal: true

require "rubygems/package"

# Builds a gem into pkg/, and prints its name.
def build_gem(specification)
  mkdir_p "pkg", verbose: false
  file = Gem::Package.build(specification)
  mv file, "pkg/", force: true, verbose: false
  puts "pkg/#{file}"
end

desc "Build the source gem into pkg/; it compiles the extension when it is installed"
task :build do
  build_gem(Gem::Specification.load("gem.gemspec"))
end

desc "Build the precompiled gem for this platform and this Ruby into pkg/"
task native: :compile do
  minor = RUBY_VERSION[/\d+\.\d+/]
  folder = "lib/lamby/#{minor}"
  mkdir_p folder, verbose: false
  cp NativeLibrary::LIBRARY, folder, verbose: false

  specification = Gem::Specification.load("gem.gemspec").dup
  specification.platform = Gem::Platform.local
  specification.required_ruby_version = ["~> #{minor}.0"]
  specification.extensions.clear
  specification.dependencies.reject! { |dependency| dependency.name == "rb_sys" }
  specification.files = specification.files.grep_v(/\Aext|\ACargo/) + ["#{folder}/#{File.basename(NativeLibrary::LIBRARY)}"]
  build_gem(specification)
ensure
  rm_rf folder, verbose: false
end
