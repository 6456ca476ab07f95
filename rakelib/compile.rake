# frozen_string_literal: true

# Builds the extension for development: runs cargo, and copies the library into lib/lamby. An installation from source
# runs ext/lamby/extconf.rb instead, which needs the gem rb_sys.
module NativeLibrary
  ROOT = File.expand_path("..", __dir__)
  # Each Ruby has its own folder, because a library works only with the Ruby that it was built for.
  TARGET = ENV.fetch("CARGO_TARGET_DIR") { File.join(ROOT, "target", "#{RUBY_ENGINE}-#{RbConfig::CONFIG["ruby_version"]}") }
  BUILT = File.join(TARGET, "release", RUBY_PLATFORM.include?("darwin") ? "liblamby.dylib" : "liblamby.so")
  LIBRARY = File.join(ROOT, "lib", "lamby", "lamby.#{RbConfig::CONFIG["DLEXT"]}")
end

desc "Compile the native extension into lib/lamby"
task :compile do
  environment = { "RUBY" => RbConfig.ruby, "CARGO_TARGET_DIR" => NativeLibrary::TARGET }
  # On macOS this tells the linker that the process provides Ruby's symbols.
  options = RUBY_PLATFORM.include?("darwin") ? ["--config", 'build.rustflags=["-Clink-arg=-Wl,-undefined,dynamic_lookup"]'] : []
  sh environment, "cargo", "build", "--release", "--quiet", "--package", "lamby", *options
  unless FileUtils.uptodate?(NativeLibrary::LIBRARY, [NativeLibrary::BUILT]) &&
         FileUtils.identical?(NativeLibrary::BUILT, NativeLibrary::LIBRARY)
    # Deletes the old file instead of overwriting it, because a running process may have mapped it.
    rm_f NativeLibrary::LIBRARY, verbose: false
    cp NativeLibrary::BUILT, NativeLibrary::LIBRARY, verbose: false
  end
end
