# frozen_string_literal: true

# The development build: cargo and a copy. Who installs the gem from source has
# ext/lamby/extconf.rb instead, which needs the rb_sys gem.
module NativeLibrary
  ROOT = File.expand_path("..", __dir__)
  # One folder for each Ruby: a library is bound to the Ruby that it was built for.
  TARGET = ENV.fetch("CARGO_TARGET_DIR") { File.join(ROOT, "target", "#{RUBY_ENGINE}-#{RbConfig::CONFIG["ruby_version"]}") }
  BUILT = File.join(TARGET, "release", RUBY_PLATFORM.include?("darwin") ? "liblamby.dylib" : "liblamby.so")
  LIBRARY = File.join(ROOT, "lib", "lamby", "lamby.#{RbConfig::CONFIG["DLEXT"]}")
end

desc "Compile the native extension into lib/lamby"
task :compile do
  environment = { "RUBY" => RbConfig.ruby, "CARGO_TARGET_DIR" => NativeLibrary::TARGET }
  # On macOS the linker has to be told that Ruby's symbols come with the process.
  options = RUBY_PLATFORM.include?("darwin") ? ["--config", 'build.rustflags=["-Clink-arg=-Wl,-undefined,dynamic_lookup"]'] : []
  sh environment, "cargo", "build", "--release", "--quiet", "--package", "lamby", *options
  unless FileUtils.uptodate?(NativeLibrary::LIBRARY, [NativeLibrary::BUILT]) &&
         FileUtils.identical?(NativeLibrary::BUILT, NativeLibrary::LIBRARY)
    # A new file rather than new bytes in one that a running process has mapped.
    rm_f NativeLibrary::LIBRARY, verbose: false
    cp NativeLibrary::BUILT, NativeLibrary::LIBRARY, verbose: false
  end
end
